import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, hpl, startHpl } from './processes.js';

test('a run that goes well ends with 0, and again when everything is cached', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { }\n' });
  expect(await hpl(folder, ['run', 'a.hpl', '--progress', 'none'])).toMatchObject({ code: 0, both: '' });
  const again = await hpl(folder, ['run', 'a.hpl']);
  expect(again).toMatchObject({ code: 0, out: '' });
  expect(again.err).toMatch(/\[first\] cached \([0-9a-f]{12}\)\n\ndone in \d/);
});

test('a stage that fails ends the run with 1, and says cause, log and the command that goes on', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { fails = true }\n  play second { after = first }\n' });
  const { code, err } = await hpl(folder, ['run', 'a.hpl']);
  expect(code).toBe(1);
  expect(err).toContain('The play was too long. Make it shorter.');
  expect(err).toMatch(/ {2}log +\S+\/\.hpl\/runs\/\S+\/events\.jsonl\n/);
  expect(err).toContain('resume   hpl run a.hpl\n');
  expect(err).not.toMatch(/^\s+at /m);
});

test('mistakes end check, plan and run with 2, and nothing is written', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { stepz = 3 }\n' });
  for (const command of ['check', 'plan', 'run']) {
    const { code, both } = await hpl(folder, [command, 'a.hpl']);
    expect(code).toBe(2);
    expect(both).toContain('unknown-setting');
    expect(both).toContain('help: replace `stepz` by `steps`');
  }
  expect(existsSync(join(folder, '.hpl'))).toBe(false);
});

test('plan --detailed-exitcode ends with 3 while there is work, and writes nothing', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { }\n' });
  expect((await hpl(folder, ['plan', 'a.hpl'])).code).toBe(0);
  expect((await hpl(folder, ['plan', 'a.hpl', '--detailed-exitcode'])).code).toBe(3);
  expect(existsSync(join(folder, '.hpl'))).toBe(false);
  await hpl(folder, ['run', 'a.hpl', '--progress', 'none']);
  const { code, out } = await hpl(folder, ['plan', 'a.hpl', '--detailed-exitcode']);
  expect(code).toBe(0);
  expect(out).toContain('Nothing to compute: every result is in the store.');
});

test('fmt --check ends with 3 when a file would change, and with 0 after fmt', async () => {
  const folder = folderWith({ 'a.hpl': '    play   first { steps=3 }\n' });
  expect(await hpl(folder, ['fmt', '--check', 'a.hpl'])).toMatchObject({
    code: 3,
    out: 'a.hpl would change\n',
  });
  expect((await hpl(folder, ['fmt', 'a.hpl'])).code).toBe(0);
  expect(await hpl(folder, ['fmt', '--check', 'a.hpl'])).toMatchObject({ code: 0, both: '' });
});

test('a gate that is not met ends with 4, also when the stage is cached', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { gate = false, table = true }\n' });
  for (const action of ['computed', 'cached']) {
    const { code, out } = await hpl(folder, ['run', 'a.hpl']);
    expect(code, action).toBe(4);
    expect(out).toBe(`
Applause

seat    claps
─────────────
left       12
right   7 ± 1

Counted by ear.

✖ gate not met  applause >= 1
  Nobody clapped.
`);
  }
});

test('a backend that is not there ends plan and run with 5 and a remedy', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { }\n' });
  for (const command of ['plan', 'run']) {
    const { code, err } = await hpl(folder, [command, 'a.hpl', '--backend', 'tensorflow'], {
      HPL_CACHE: folder,
    });
    expect(code).toBe(5);
    expect(err).toContain('The backend "tensorflow" is not ready.');
    expect(err).toContain('hpl setup');
  }
});

test('a backend that no plugin has is a mistake of usage, with the known ones', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { }\n' });
  const { code, err } = await hpl(folder, ['plan', 'a.hpl', '--backend', 'wasmm']);
  expect(code).toBe(2);
  expect(err).toBe(
    'error There is no backend "wasmm". Did you mean "wasm"? Known backends: auto, cpu, tensorflow, wasm, webgpu.\n',
  );
});

test.each([
  { signal: 'SIGINT', expected: 130 },
  { signal: 'SIGTERM', expected: 143 },
] as const)(
  '$signal saves the step, says how to go on, and ends with $expected',
  async ({ signal, expected }) => {
    const folder = folderWith({ 'a.hpl': '  play first { steps = 4000, pause = 5 }\n' });
    const run = startHpl(folder, ['run', 'a.hpl', '--progress', 'json']);
    await run.said('stage.progress');
    run.child.kill(signal);
    const { code, err, out } = await run.ended;
    expect(code).toBe(expected);
    expect(err).toBe('finishing the step; press Ctrl-C again to abort\nresume with: hpl run a.hpl\n');
    const types = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types.slice(-2)).toEqual(['stage.interrupted', 'run.finished']);
  },
);

test('a reader that goes away stops no run and shows no error', async () => {
  const folder = folderWith({ 'a.hpl': '  play first { steps = 50 }\n' });
  const run = startHpl(folder, ['run', 'a.hpl', '--progress', 'json']);
  await run.said('run.started');
  run.child.stdout?.destroy();
  const { code, err } = await run.ended;
  expect({ code, err }).toEqual({ code: 0, err: '' });
});
