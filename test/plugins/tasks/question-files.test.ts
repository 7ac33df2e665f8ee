import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { stubHub, type StubHub } from '../hub/stub-hub.js';
import { fileQuestions, formOf, mmluQuestions, referenceData, usualOptions } from './lm-eval-reference.js';
import { problemsOf } from './problems-of.js';

const parquet = join(import.meta.dirname, '..', '..', 'reference', 'parquet');

const arc = { ...formOf('arc_easy'), usual: { files: 'ARC-Easy/*', split: 'test' } };

const mmluRow = (subject: string, question: string): string =>
  `${JSON.stringify({ question, subject, choices: ['a', 'b', 'c', 'd'], answer: 1 })}\n`;

let folder: string;
let hub: StubHub;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-questions-'));
  const questions = await readFile(join(parquet, 'arc_easy.parquet'));
  hub = await stubHub(
    new Map<string, Uint8Array>([
      ['README.md', Buffer.from('about')],
      ['ARC-Easy/test-00000-of-00001.parquet', questions],
      ['ARC-Easy/train-00000-of-00001.parquet', await readFile(join(parquet, 'arc_easy.parquet'))],
      ['ARC-Challenge/test-00000-of-00001.parquet', Buffer.from('not asked for')],
      ['all/test.jsonl', Buffer.from(mmluRow('botany', 'why') + mmluRow('law', 'who'))],
      ['all/dev.jsonl', Buffer.from(mmluRow('botany', 'e1') + mmluRow('law', 'e2'))],
      ['botany/test.jsonl', Buffer.from(mmluRow('botany', 'why'))],
    ]),
  );
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(folder, { recursive: true });
});

test.each(['arc_easy', 'piqa'])(
  'questions of %s read from Parquet are those of its JSON lines',
  async (task) => {
    const read = (file: string) => fileQuestions({ ...usualOptions, file }, formOf(task));
    const found = await read(join(parquet, `${task}.parquet`));
    const lines = await read(join(referenceData, `${task}.jsonl`));
    expect(found.map(({ requests, gold, lengths }) => ({ requests, gold, lengths }))).toEqual(
      lines.map(({ requests, gold, lengths }) => ({ requests, gold, lengths })),
    );
    expect(found[2]?.place).toBe(`${join(parquet, `${task}.parquet`)}:row 3`);
  },
);

test('of a repository the usual files of the usual split are asked, and nothing else is fetched', async () => {
  const found = await fileQuestions({ ...usualOptions, repository: 'maker/tiny', limit: 3 }, arc);
  const local = await fileQuestions(
    { ...usualOptions, file: join(referenceData, 'arc_easy.jsonl'), limit: 3 },
    arc,
  );
  expect(found.map(({ requests }) => requests)).toEqual(local.map(({ requests }) => requests));
  const fetched = hub.asked.map(({ path }) => path).filter((path) => path.includes('/resolve/'));
  expect(new Set(fetched.map((path) => path.split('/').slice(-2).join('/')))).toEqual(
    new Set(['ARC-Easy/test-00000-of-00001.parquet']),
  );
});

test('worked examples come from the split "train" of the repository', async () => {
  const file = join(referenceData, 'arc_easy.jsonl');
  const shown = { ...usualOptions, shots: 2 };
  const found = await fileQuestions({ ...shown, repository: 'maker/tiny' }, arc);
  const local = await fileQuestions({ ...shown, file, examples: join(parquet, 'arc_easy.parquet') }, arc);
  expect(found.map(({ requests }) => requests)).toEqual(local.map(({ requests }) => requests));
});

test('too few examples in a repository are told with its name', async () => {
  await expect(fileQuestions({ ...usualOptions, repository: 'maker/tiny', shots: 500 }, arc)).rejects.toThrow(
    /^The task "questions" is to show 500 worked examples; "maker\/tiny" has \d+, among which may be the question itself\. /,
  );
});

test('of MMLU the questions and examples of all subjects come from one folder, each once', async () => {
  const found = await mmluQuestions({ repository: 'maker/tiny', shots: 1, add_bos: false });
  expect(found.map(({ id, requests }) => [id, requests[0]?.context])).toEqual([
    ['botany-0', expect.stringMatching(/about botany\.\n\ne1\n(.|\n)*\nAnswer: B\n\nwhy\n/)],
    ['law-0', expect.stringMatching(/about law\.\n\ne2\n(.|\n)*\nAnswer: B\n\nwho\n/)],
  ]);
});

test('the limit of MMLU counts in each subject, in a repository, a file and a folder alike', async () => {
  const [botany, law] = ['botany', 'law'].map((subject) =>
    [1, 2, 3].map((number) => mmluRow(subject, `q${number}`)).join(''),
  );
  const limited = { shots: 0, add_bos: false, limit: 2 };
  const ids = ['botany-0', 'botany-1', 'law-0', 'law-1'];
  await writeFile(join(folder, 'all.jsonl'), `${botany}${law}`);
  await writeFile(join(folder, 'botany.test.jsonl'), `${botany}`);
  await writeFile(join(folder, 'law.test.jsonl'), `${law}`);
  for (const test of [join(folder, 'all.jsonl'), folder])
    expect((await mmluQuestions({ ...limited, test })).map(({ id }) => id)).toEqual(ids);
  const found = await mmluQuestions({ ...limited, repository: 'maker/tiny', limit: 1 });
  expect(found.map(({ id }) => id)).toEqual(['botany-0', 'law-0']);
});

test('MMLU reads a list in JSON as it reads lines, for questions and for examples', async () => {
  const rows = [1, 2].map((number) => JSON.parse(mmluRow('botany', `q${number}`)) as object);
  const [list, lines] = [join(folder, 'list.json'), join(folder, 'lines.jsonl')];
  await writeFile(list, JSON.stringify(rows));
  await writeFile(lines, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const read = async (file: string) =>
    (await mmluQuestions({ test: file, dev: file, shots: 2, add_bos: false })).map(
      ({ requests }) => requests,
    );
  expect(await read(list)).toEqual(await read(lines));
});

test('a split that no file names is told with the files there', async () => {
  await expect(
    fileQuestions({ ...usualOptions, repository: 'maker/tiny', split: 'validation' }, arc),
  ).rejects.toThrow(
    /^maker\/tiny at main: no file fits the pattern "ARC-Easy\/\*" and the split "validation"\. Its data files are /,
  );
});

test.each<readonly [JsonObject, string, string]>([
  [{}, '', 'Neither "file" nor "repository" is set. Set one of them.'],
  [
    { file: 'a.jsonl', repository: 'a/b' },
    '/repository',
    'Both "file" and "repository" are set. Keep one of them.',
  ],
  [
    { file: 'a.jsonl', split: 'test' },
    '/split',
    '"split" belongs to a "repository"; a file or folder has none. Remove it.',
  ],
])('the place %j is refused before the run', (settings, pointer, message) => {
  expect(problemsOf('piqa', settings)).toEqual([{ pointer, keyword: 'rule', message }]);
});

test('perplexity over documents has a file or a repository, like questions', () => {
  const said = (settings: JsonObject): readonly string[] =>
    problemsOf('perplexity_file', settings).map(({ message }) => message);
  expect(said({})).toEqual(['Neither "file" nor "repository" is set. Set one of them.']);
  expect(said({ file: 'a', revision: 'main' })).toEqual([
    '"revision" belongs to a "repository"; a file or folder has none. Remove it.',
  ]);
  expect(said({ repository: 'a/b', split: 'validation' })).toEqual([]);
});

test('MMLU calls its path "test", and tasks without files are not asked for any', () => {
  expect(problemsOf('mmlu', {}).map(({ message }) => message)).toEqual([
    'Neither "test" nor "repository" is set. Set one of them.',
  ]);
  expect(problemsOf('recall', { distance: 20 })).toEqual([]);
});

test('a row of Parquet that lacks a key is told as a row', async () => {
  const file = join(parquet, 'piqa.parquet');
  await expect(fileQuestions({ ...usualOptions, file }, arc)).rejects.toThrow(
    `${file}:row 1: this row has no "choices". Its keys are "goal", "sol1", "sol2", "label". Name the file that belongs ` +
      'to this task.',
  );
});

test('a list in JSON is read as well', async () => {
  const file = join(folder, 'list.json');
  await writeFile(file, JSON.stringify([{ goal: 'g', sol1: 'a', sol2: 'b', label: 1 }]));
  const [question] = await fileQuestions({ ...usualOptions, file }, formOf('piqa'));
  expect(question).toMatchObject({ gold: 1, place: `${file}:item 1` });
});
