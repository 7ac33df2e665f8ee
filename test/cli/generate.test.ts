import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { tinyWorkplace, type Workplace } from '../plugins/evaluation/tiny-workplace.js';
import { useBackend } from '../model/tensors.js';
import { startHpl } from './processes.js';
import { callHpl, type Outcome } from './recorded-io.js';

let workplace: Workplace;
let store: string;

/** A store with one run, whose artifacts are a model and its conversion. */
beforeAll(async () => {
  await useBackend('cpu');
  workplace = await tinyWorkplace({ window: 4, linear_scope: 'outside_window', mix: 'joint' });
  store = await mkdtemp(join(tmpdir(), 'hpl-generate-'));
  await publish('teacher', 'teacher', 'model');
  await publish('hybrid', 'abc123', 'convert');
  await publish('data', 'abc999', 'data');
  const run = join(store, 'runs/20261123-190512-044-1a2b');
  await mkdir(run, { recursive: true });
  const stages = [
    { name: 'maps', fingerprint: 'abc123' },
    { name: 'gone', fingerprint: 'def456' },
  ];
  await writeFile(join(run, 'plan.json'), JSON.stringify({ phase: 'planned', stages }));
});
afterAll(async () => {
  await workplace.remove();
  await rm(store, { recursive: true });
});

async function publish(name: string, fingerprint: string, kind: string): Promise<void> {
  const folder = join(store, 'artifacts', fingerprint);
  await cp(join(workplace.folder, name), folder, { recursive: true });
  const record = { schema: 'hpl.artifact/1', type: 'model', kind, fingerprint, summary: {}, files: [] };
  await writeFile(join(folder, 'artifact.json'), JSON.stringify(record));
}

function generate(model: string, ...rest: readonly string[]): Promise<Outcome> {
  const fixed = ['--prompt', 'abcabcabc', '--max-tokens', '20', '--backend', 'cpu', '--store', store];
  return callHpl(['generate', model, ...fixed, ...rest]);
}

test('a stage, a fingerprint, its start and its folder name the same model, which goes on with the text', async () => {
  const byStage = await generate('maps');
  expect(byStage).toMatchObject({ code: 0 });
  expect(byStage.out).toMatch(/^\S+\n$/);
  expect(byStage.err).toMatch(
    /^prompt 9 tokens \([\d.]+ tokens\/s\), text 20 tokens \([\d.]+ tokens\/s\), state [\d.]+ KiB\n$/,
  );
  for (const name of ['abc123', 'abc1', join(store, 'artifacts/abc123')])
    expect((await generate(name)).out).toBe(byStage.out);
});

test('the teacher of a converted model writes what the model in the folder of its base writes', async () => {
  const teacher = await generate('maps', '--branch', 'teacher');
  const folder = await generate(join(store, 'artifacts/teacher/base'));
  expect(teacher).toMatchObject({ code: 0, out: folder.out });
});

test('a GGUF file is a model by itself; another file is refused by its content', async () => {
  const gguf = join(import.meta.dirname, '../reference/gguf/qwen3.gguf');
  const { code, out, err } = await generate(gguf);
  expect({ code, err }).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^prompt \d+ tokens /) as string,
  });
  expect(out).not.toBe('');
  const other = join(store, 'notes.txt');
  await writeFile(other, 'no model');
  expect(await generate(other)).toEqual({
    code: 2,
    out: '',
    err: `error ${other}: the file does not begin with "GGUF". Name a GGUF file, or fetch it again.\n`,
  });
});

test('what TensorFlow prints about itself does not reach the screen', async ({ skip }) => {
  const words = ['generate', join(store, 'artifacts/teacher/base'), '--prompt', 'abc', '--max-tokens', '2'];
  const { code, out, err } = await startHpl(workplace.folder, [...words, '--backend', 'tensorflow']).ended;
  if (code === 5) skip(err);
  expect({ code, err }).toMatchObject({
    code: 0,
    err: expect.stringMatching(/^prompt 3 tokens .*\n$/) as string,
  });
  expect(out).toMatch(/\n$/);
});

test('a temporary folder that cannot be written is named, with what to do', async () => {
  const absent = join(store, 'absent');
  vi.stubEnv('TMPDIR', absent);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { code, err } = await generate(join(import.meta.dirname, '../reference/gguf/qwen3.gguf'));
  expect({ code, err: err.replace(/hpl-gguf-\w+/, 'hpl-gguf-NAME') }).toEqual({
    code: 2,
    err:
      `error The temporary folder ${absent} cannot be used (ENOENT: no such file or directory, mkdtemp ` +
      `'${absent}/hpl-gguf-NAME'). Set TMPDIR to a folder that can be written.\n`,
  });
  // What lies in a folder needs no other.
  expect(await generate('maps')).toMatchObject({ code: 0 });
});

test('a seed decides over what is drawn', async () => {
  const drawn = async (seed: string): Promise<string> =>
    (await generate('maps', '--temperature', '1', '--top-k', '30', '--seed', seed)).out;
  expect(await drawn('1')).toBe(await drawn('1'));
  expect(await drawn('1')).not.toBe(await drawn('2'));
});

test('a small enough share leaves the likeliest token alone', async () => {
  const greedy = (await generate('maps')).out;
  expect((await generate('maps', '--temperature', '5', '--top-p', '0.000001')).out).toBe(greedy);
  expect((await generate('maps', '--temperature', '5', '--top-p', '1')).out).not.toBe(greedy);
});

test('the state of a branch has the same size after any number of tokens; that of the teacher grows', async () => {
  const state = async (branch: string, tokens: string): Promise<string> => {
    const { err } = await generate('maps', '--branch', branch, '--max-tokens', tokens);
    return err.split('state ')[1]!;
  };
  for (const branch of ['both', 'window', 'linear'])
    expect(await state(branch, '8')).toBe(await state(branch, '30'));
  // The cache of keys and values grows by 256 tokens at once.
  expect(await state('teacher', '8')).not.toBe(await state('teacher', '280'));
});

test('the prompt may come from standard input', async () => {
  const args = [
    'generate',
    'maps',
    '--prompt',
    '-',
    '--backend',
    'cpu',
    '--store',
    store,
    '--max-tokens',
    '3',
  ];
  expect(await callHpl(args, 'abc')).toMatchObject({ code: 0 });
});

test('Ctrl-C ends the text with its facts', async () => {
  const endless = ['--prompt', 'abcabcabc', '--max-tokens', '1000000', '--backend', 'cpu', '--store', store];
  const running = startHpl(workplace.folder, ['generate', 'maps', ...endless]);
  const start = (await generate('maps')).out.trim();
  await running.said(start);
  running.child.kill('SIGINT');
  const { code, out, err } = await running.ended;
  expect(code).toBe(130);
  expect(out.startsWith(start) && out.endsWith('\n')).toBe(true);
  expect(err).toMatch(/^prompt 9 tokens .*, text \d+ tokens .*, state [\d.]+ KiB\n$/);
});

test('what is no model is refused with what is close and what to do', async () => {
  const said = async (model: string, ...rest: readonly string[]): Promise<string> => {
    const { code, out, err } = await generate(model, ...rest);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    return err.replaceAll(store, 'STORE');
  };
  expect(await said('map')).toBe(
    'error "map" is no folder or file, and no fingerprint and no stage of a run in the store "STORE". ' +
      'Did you mean "maps"? Give a folder with a config.json or a GGUF file, or run a pipeline that makes the model first.\n',
  );
  expect(await said('gone')).toBe(
    'error The artifact of "gone" is not in the store. Run its pipeline again.\n',
  );
  expect(await said('abc9')).toBe('error "abc9" was made by a stage of kind "data", which gives no model.\n');
  expect(await said(store)).toBe(
    'error "STORE" holds no model: neither config.json of a Hugging Face folder nor model.json of an artifact is there.\n',
  );
  expect(await said('abc1', '--backend', 'wasn')).toMatch(
    /^error There is no backend "wasn". Did you mean "wasm"\? Known backends: /,
  );
  expect(await said(join(store, 'artifacts/teacher/base'), '--branch', 'window')).toBe(
    'error The model is not converted, so it has no branch "window". Leave --branch out, or name a converted model.\n',
  );
  expect(await said('maps', '--top-k', '5')).toBe(
    'error --top-k says what to choose among, but at --temperature 0 the likeliest token is always taken. Set --temperature, such as 0.8, or leave --top-k out.\n',
  );
  expect(await said('maps', '--top-k', '0')).toBe(
    'error --top-k takes a whole number of at least 1; found "0".\n',
  );
  for (const share of ['0', '1.5', 'half'])
    expect(await said('maps', '--top-p', share)).toBe(
      `error --top-p takes a number above 0 and at most 1; found "${share}".\n`,
    );
  expect(await said('maps', '--temperature', 'hot')).toBe(
    'error --temperature takes a number of at least 0; found "hot".\n',
  );
});
