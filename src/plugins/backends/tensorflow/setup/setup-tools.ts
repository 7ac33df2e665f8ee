import type { ToolNeed } from '../../../packages/tools.js';

/** The programs that setup calls. */
export type ToolName = 'python3' | 'npm' | 'tar' | 'g++';

/** Paths of the programs found. */
export type Tools = Readonly<Partial<Record<ToolName, string>>>;

/** What each program is for, and how Debian and Ubuntu provide it. */
export const setupTools: Readonly<Record<ToolName, ToolNeed>> = {
  'g++': {
    purpose: 'it compiles the binding between Node and TensorFlow',
    remedy: 'Install a C++ compiler (Debian, Ubuntu: apt-get install g++).',
  },
  tar: { purpose: 'it unpacks the sources of the binding', remedy: 'Install tar.' },
  npm: { purpose: 'it fetches the sources of the binding', remedy: 'Install npm; it comes with Node.' },
  python3: {
    purpose: 'its pip finds the wheel with TensorFlow (nothing of Python is used afterwards)',
    remedy: 'Install Python with pip (Debian, Ubuntu: apt-get install python3-pip), or pass --from DIR.',
  },
};
