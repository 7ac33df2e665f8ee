import { spawnSync } from 'node:child_process';

/** The Python that full tests call: HPL_PYTHON, or else python3. */
export const python = process.env['HPL_PYTHON'] ?? 'python3';

/** Why tests with these packages cannot run here; undefined where they can. */
export function missingPackages(packages: readonly string[]): string | undefined {
  const { status, error } = spawnSync(python, ['-c', `import ${packages.join(', ')}`], { stdio: 'ignore' });
  if (status === 0) return undefined;
  const reason = error === undefined ? `cannot import ${packages.join(' and ')}` : 'cannot be started';
  return `"${python}" ${reason}; HPL_PYTHON names another Python`;
}

/** Runs a script on a JSON value and gives the JSON that it prints. Throws with what it said where it fails. */
export function runPython(script: URL, input: unknown): unknown {
  const { status, stdout, stderr } = spawnSync(python, [script.pathname], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(`${script.pathname} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout) as unknown;
}
