import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { isJsonObject } from '../../../base/json.js';
import { failed, ok, type Result } from '../../../base/result.js';
import type { AdapterInfo } from './dawn.js';

const run = promisify(execFile);

/** Drivers answer within a second; a card that is woken up may take some. */
const patienceMs = 20_000;

/** Prints the adapter that tfjs would take. The exit gives back what the driver holds. */
const question = `
const { create } = await import(process.argv[1]);
const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
const { vendor, device, isFallbackAdapter } = adapter?.info ?? {};
console.log(JSON.stringify({ vendor, device, isFallbackAdapter }));
process.exit(0);
`;

/**
 * Asks Dawn for the best adapter in a process of its own, because a driver that breaks ends the process that loads it.
 * `dawn` is the package's address. The error is a sentence that says why there is none.
 */
export async function findAdapter(
  dawn: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Result<AdapterInfo, string>> {
  const program = ['--input-type=module', '--eval', question, dawn];
  try {
    const { stdout, stderr } = await run(process.execPath, program, {
      timeout: patienceMs,
      env: environment,
    });
    const adapter = readAnswer(stdout);
    return adapter === undefined ? failed(`Dawn finds no graphics card${warning(stderr)}.`) : ok(adapter);
  } catch (error) {
    return failed(`Dawn broke while it looked for a graphics card (${describeEnd(error)}).`);
  }
}

function readAnswer(printed: string): AdapterInfo | undefined {
  const answer: unknown = JSON.parse(printed.split('\n').find((line) => line.startsWith('{')) ?? '{}');
  if (!isJsonObject(answer)) return undefined;
  const { vendor, device, isFallbackAdapter } = answer;
  if (typeof vendor !== 'string') return undefined;
  return {
    vendor,
    device: typeof device === 'string' ? device : '',
    isFallbackAdapter: isFallbackAdapter === true,
  };
}

/** What Dawn says about drivers that it cannot use, such as a library that is missing. */
function warning(printed: string): string {
  const [, words] = /^Warning: (.+)$/m.exec(printed) ?? [];
  return words === undefined ? '' : `: ${words.trim().replace(/\.$/, '')}`;
}

interface FailedProgram extends Error {
  readonly code?: number | string | null;
  readonly signal?: string | null;
  readonly killed?: boolean;
  readonly stderr?: string;
}

function describeEnd(error: unknown): string {
  const { code, signal, killed, stderr, message } = error as FailedProgram;
  if (killed === true) return `no answer in ${patienceMs / 1000} s`;
  const last = /^\w*Error: .+$/m.exec(stderr ?? '')?.[0];
  return last ?? (signal ? `ended by ${signal}` : code == null ? message : `exit ${code}`);
}
