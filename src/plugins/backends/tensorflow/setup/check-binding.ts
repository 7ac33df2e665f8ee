import { join } from 'node:path';
import { names } from '../installation.js';
import { MissingPiece } from '../../../packages/missing-piece.js';
import type { SetupPlace } from './setup-place.js';
import { lastLines, runTool } from '../../../packages/tools.js';

/** Loads the binding and lets TensorFlow add two numbers, so that `ready` means that it computes. */
const program = `
const binding = require(process.argv[1]);
const numbers = binding.createTensor([2], binding.TF_FLOAT, Float32Array.of(1, 2));
const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
const [sum] = binding.executeOp('AddV2', [type], [numbers, numbers], 1);
const values = [...binding.tensorDataSync(sum.id)];
console.log(JSON.stringify({ version: binding.TF_Version, sum: values }));
`;

/**
 * Tries the binding in a process of its own: a library that does not fit this machine ends the process that loads it.
 * Returns TensorFlow's version. Throws `MissingPiece` when it does not load or computes wrongly.
 */
export async function checkBinding(node: string, place: SetupPlace): Promise<string> {
  const result = await runTool({
    program: node,
    arguments: ['-e', program, join(place.staging, names.binding)],
    folder: place.staging,
    environment: { ...place.environment, TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
  });
  const answer = /^\{"version":"([^"]+)","sum":\[2,4\]\}$/m.exec(result.stdout);
  if (result.code === 0 && answer?.[1] !== undefined) return answer[1];
  throw new MissingPiece(
    `TensorFlow was built in but does not work here (exit ${result.code}):\n${lastLines(result.stderr || result.stdout, 4)}`,
    'TensorFlow needs glibc 2.27 or later and a processor with AVX. Use backend = wasm on this machine.',
  );
}
