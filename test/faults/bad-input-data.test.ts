import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { hpl, type Ended } from '../cli/processes.js';
import { changedJson, changedWeights, modelWith } from './bad-models.js';
import { contentsOf } from './coordinator.js';
import { shortSpeeches } from './short-speeches.js';

/** A folder with the shipped model as `good`, three speeches, and a pipeline of these blocks. */
function pipelineOf(blocks: string, others: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-bad-data-'));
  modelWith(folder, 'good', {});
  writeFileSync(join(folder, 'speeches.jsonl'), shortSpeeches(3000));
  for (const [name, content] of Object.entries(others)) writeFileSync(join(folder, name), content);
  write(folder, blocks);
  return folder;
}

function write(folder: string, blocks: string): void {
  writeFileSync(
    join(folder, 'p.hpl'),
    `hpl 1\n\npipeline p {\n  backend = wasm\n  model teacher { source = "good" }\n${blocks}}\n`,
  );
}

function run(folder: string): Promise<Ended> {
  return hpl(folder, ['run', 'p.hpl', '--progress', 'json'], { OMP_NUM_THREADS: '1' });
}

function eventsOf({ out }: Ended): readonly RunEvent[] {
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

/** Why each failed stage failed; `F` stands for the folder. */
function failuresOf(ended: Ended, folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    eventsOf(ended).flatMap((event) =>
      event.type === 'stage.failed' ? [[event.stage, event.cause.replaceAll(folder, 'F')]] : [],
    ),
  );
}

const text = (name: string, file: string, context = 32): string =>
  `  data ${name} { source = "${file}", tokenizer = teacher, context = ${context} tokens, holdout = 20 % }\n`;

test('data that cannot be used fails its stage with file, line, reason and remedy, and no other stage', async () => {
  const files = {
    'empty.jsonl': '',
    'blank.jsonl': '\n\n',
    'broken.jsonl': '{"text": "fine"}\n{"text": "oops\n',
    'other_key.jsonl': '{"body": "fine"}\n',
    'number.jsonl': '{"text": 5}\n',
    'list.jsonl': '[1]\n',
    'bytes.jsonl': new Uint8Array([0xff, 0xfe, 0x00]),
    'short.jsonl': '{"text": "hi"}\n',
    'table.csv': 'text\nfine\n',
    'cut.parquet': readFileSync('test/reference/parquet/snappy.parquet').subarray(0, 900),
  };
  const names = Object.keys(files);
  const folder = pipelineOf(
    [text('good', 'speeches.jsonl'), ...names.map((name) => text(name.split('.')[0] ?? '', name))].join(''),
    files,
  );
  const ended = await run(folder);
  expect(ended.code).toBe(1);
  expect(failuresOf(ended, folder)).toEqual({
    empty: 'F/empty.jsonl: there is no text in it. Name a file with at least one document.',
    blank: 'F/blank.jsonl: there is no text in it. Name a file with at least one document.',
    broken:
      'F/broken.jsonl:2: this line is not valid JSON (Unterminated string in JSON at position 14). Correct or remove it.',
    other_key:
      'F/other_key.jsonl:1: this line has no text under "text". Its keys are "body"; name one of them as "field".',
    number: 'F/number.jsonl:1: "text" of this line is 5, no text. Put it in quotes or remove the line.',
    list: 'F/list.jsonl:1: this line is no JSON object. Write one object with the text a line.',
    bytes: 'F/bytes.jsonl: the file is no text in UTF-8. Convert it, or name another file.',
    short:
      'The training text has 2 tokens, too few for one row of 32. Add text, shorten "context", or lower "holdout".',
    table:
      'F/table.csv: the suffix ".csv" is not known. Known are .jsonl, .json, .parquet, .txt; convert the file, or rename it if it is one of them.',
    cut: 'F/cut.parquet: the file ends after 900 bytes without the index of a Parquet file: it was cut short. Fetch or write it again.',
  });
  expect(Object.keys(contentsOf(join(folder, '.hpl')))).toHaveLength(2);
}, 120_000);

test('a file that is not there is told before anything runs', async () => {
  const folder = pipelineOf(text('speeches', 'nowhere.jsonl'));
  const { code, out, err } = await hpl(folder, ['run', 'p.hpl']);
  expect([code, out]).toEqual([2, '']);
  expect(err).toBe(`p.hpl:6:3 error unreadable-path
  6 |   data speeches { source = "nowhere.jsonl", tokenizer = teacher, context = 32 tokens, holdout = 20…
    |   ~~~~~~~~~~~~~
The stage "speeches" reads "nowhere.jsonl", but there is nothing at ${folder}/nowhere.jsonl. Paths are relative to the pipeline file.

1 error
`);
}, 60_000);

const convert = (name: string, model: string): string =>
  `  convert ${name} { model = ${model}, window = 16 tokens, feature_map = hedgehog { activation = softmax, size = 8, noise = 0.1 }, mix = fixed { window = 0.5 }, linear_scope = all }\n`;
const transfer = (name: string, model: string, data: string): string =>
  `  transfer ${name} { model = ${model}, data = ${data}, objective = attention_weights, batch = 1, evaluate_every = 1 steps, stop = steps >= 1 }\n`;

test('models and data that do not go together, and weights that are no numbers, fail the stage that meets them', async () => {
  const folder = pipelineOf(
    `${text('long', 'speeches.jsonl', 512)}${text('short', 'speeches.jsonl')}` +
      '  model sick { source = "sick" }\n  model other { source = "other" }\n' +
      '  data foreign { source = "speeches.jsonl", tokenizer = other, context = 32 tokens, holdout = 20 % }\n' +
      `${convert('hybrid', 'teacher')}${convert('sick_hybrid', 'sick')}` +
      `${transfer('too_long', 'hybrid', 'long')}${transfer('mixed_up', 'hybrid', 'foreign')}${transfer('unwell', 'sick_hybrid', 'short')}`,
  );
  modelWith(folder, 'sick', {
    weights: changedWeights((header, data) => {
      data.fill(0xff, ...(header['model.layers.0.self_attn.q_proj.weight']?.data_offsets ?? [0, 0]));
    }),
  });
  modelWith(folder, 'other', {
    tokenizer: changedJson('tokenizer.json', (json) => {
      const { vocab } = json['model'] as { vocab: Record<string, number> };
      const [[first, one] = ['', 0], [second, two] = ['', 0]] = Object.entries(vocab).slice(300, 302);
      Object.assign(vocab, { [first]: two, [second]: one });
    }),
  });
  const ended = await run(folder);
  expect(ended.code).toBe(1);
  expect(failuresOf(ended, folder)).toEqual({
    too_long:
      'The rows of "too_long" have 512 tokens, and its model is made for 256. Lower the "context" of the data stage.',
    mixed_up:
      'The data of "mixed_up" was made with another tokenizer than that of its model. Name the model as the "tokenizer" of the data stage.',
    unwell:
      'The loss is NaN at step 1, before anything was trained: the weights of the model are damaged, or their numbers are too large to compute with. Fetch or train the model again. The first layer to fail was 0, at step 1.',
  });
}, 120_000);

const finetune = (rate: string): string =>
  `${text('speeches', 'speeches.jsonl')}${convert('hybrid', 'teacher')}` +
  `  finetune tuned { model = hybrid, data = speeches, adapter = lora { rank = 2, alpha = 4, targets = [q, k, v, o] }, optimizer = adamw { learning_rate = ${rate} }, batch = 1, evaluate_every = 4 steps, stop = steps >= 4 }\n`;

test('a learning rate that breaks the numbers fails the stage with the step, keeps what is finished, and a smaller one goes on', async () => {
  const folder = pipelineOf(finetune('1e30'));
  const broken = await run(folder);
  expect(broken.code).toBe(1);
  expect(failuresOf(broken, folder)).toEqual({
    tuned: expect.stringMatching(
      /^The loss is (NaN|Infinity) at step [2-4]: training diverged\. Lower the optimizer's learning_rate, raise its warmup, or lower its clip_norm\. Nothing after the last checkpoint is kept\.$/,
    ) as string,
  });
  write(folder, finetune('1e-3'));
  const mended = await run(folder);
  expect(mended.code).toBe(0);
  const cached = eventsOf(mended).flatMap((event) => (event.type === 'stage.cached' ? [event.stage] : []));
  expect(cached.sort()).toEqual(['hybrid', 'speeches', 'teacher']);
}, 120_000);
