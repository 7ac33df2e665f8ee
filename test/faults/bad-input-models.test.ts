import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { hpl } from '../cli/processes.js';
import { changedJson, changedWeights, mend, modelWith, shippedWeights } from './bad-models.js';
import { contentsOf } from './coordinator.js';

const embedding = 'model.embed_tokens.weight';
const norm = 'model.layers.0.input_layernorm.weight';
const damaged = 'The file is damaged or not safetensors. Fetch or export it again.';
const elsewhere = 'Fetch the model again, or name a folder with a complete config.json.';

/** Each broken model: what is changed, and the whole text that its stage ends with; `M` stands for its folder. */
const broken: readonly (readonly [string, Parameters<typeof modelWith>[2], string])[] = [
  [
    'long_header',
    { weights: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 16, 123, 125]) },
    'M/model.safetensors: the header claims 1152921504606846976 bytes; the file has 10. The file is truncated or not safetensors. Fetch or export it again.',
  ],
  [
    'truncated',
    { weights: shippedWeights().subarray(0, 1_772_452) },
    `M/model.safetensors: tensor "model.layers.0.mlp.down_proj.weight" lies at bytes 1574400 to 1967616, outside the 1770332 bytes of data. ${damaged}`,
  ],
  [
    'nothing',
    { weights: new Uint8Array() },
    'M/model.safetensors: the file has 0 bytes, too few for safetensors. Fetch it again.',
  ],
  [
    'unreadable',
    { weights: 'folder' },
    'M/model.safetensors: the file cannot be read (EISDIR: illegal operation on a directory, read). Check that it is a whole file.',
  ],
  [
    'overlap',
    {
      weights: changedWeights((header) => {
        const [start = 0, end = 0] = header[norm]?.data_offsets ?? [];
        Object.assign(header[norm] ?? {}, { data_offsets: [start - 4, end - 4] });
      }),
    },
    `M/model.safetensors: tensor "${norm}" overlaps tensor "${embedding}". ${damaged}`,
  ],
  [
    'out_of_range',
    {
      weights: changedWeights((header, data) => {
        Object.assign(header[embedding] ?? {}, { data_offsets: [data.length, data.length + 4] });
      }),
    },
    `M/model.safetensors: tensor "${embedding}" lies at bytes 3542784 to 3542788, outside the 3542784 bytes of data. ${damaged}`,
  ],
  [
    'unknown_type',
    {
      weights: changedWeights((header) => {
        Object.assign(header[embedding] ?? {}, { dtype: 'Q4' });
      }),
    },
    `M/model.safetensors: tensor "${embedding}" has the unknown type "Q4". ${damaged}`,
  ],
  [
    'wrong_type',
    {
      weights: changedWeights((header) => {
        Object.assign(header[embedding] ?? {}, { dtype: 'I32' });
      }),
    },
    `M/model.safetensors: tensor "${embedding}" has type I32; F32, F16 and BF16 weights can be read. Export it in one of these.`,
  ],
  [
    'no_weights',
    { weights: null },
    expect.stringMatching(/^M: .* is there\. Name a folder with .*\.$/) as string,
  ],
  [
    'no_config',
    { config: null },
    'M/config.json: the file cannot be read. Check the path and its permissions.',
  ],
  [
    'missing_key',
    { config: changedJson('config.json', (config) => delete config['hidden_size']) },
    `M/config.json: the key "hidden_size" is missing. ${elsewhere}`,
  ],
  [
    'other_size',
    { config: changedJson('config.json', (config) => (config['hidden_size'] = 384)) },
    `M/model.safetensors: tensor "${embedding}" has shape [512, 192]; config.json asks for [512, 384]. They do not belong to the same model. Fetch both from one place.`,
  ],
  [
    'no_tokenizer',
    { tokenizer: null },
    'M/tokenizer.json: the file cannot be read. Check the path and its permissions.',
  ],
  [
    'other_tokenizer',
    {
      tokenizer: changedJson('tokenizer.json', (json) => {
        (json['model'] as { vocab: Record<string, number> }).vocab['~~'] = 600;
      }),
    },
    'M: tokenizer.json has 601 tokens, config.json "vocab_size" 512. They do not belong to the same model. Fetch both from one place.',
  ],
];

test('a model that cannot be used fails its stage with file, reason and remedy, and no other stage', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-bad-models-'));
  const file = join(folder, 'models.hpl');
  modelWith(folder, 'good', {});
  for (const [name, changes] of broken) modelWith(folder, name, changes);
  const names = ['good', ...broken.map(([name]) => name)];
  const blocks = names.map((name) => `  model ${name} { source = "${name}" }\n`).join('');
  writeFileSync(file, `hpl 1\n\npipeline models {\n  backend = cpu\n${blocks}}\n`);

  const { code, out } = await hpl(folder, ['run', 'models.hpl', '--progress', 'json']);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  const failures = events.flatMap((event) =>
    event.type === 'stage.failed'
      ? [[event.stage, event.cause.replace(join(folder, event.stage), 'M'), event.file, event.line]]
      : [],
  );
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(code).toBe(1);
  expect(Object.fromEntries(failures.map(([name, ...rest]) => [name, rest]))).toEqual(
    Object.fromEntries(
      broken.map(([name, , text]) => [
        name,
        [text, 'models.hpl', lines.findIndex((line) => line.startsWith(`  model ${name} `)) + 1],
      ]),
    ),
  );
  expect(Object.keys(contentsOf(join(folder, '.hpl')))).toHaveLength(1);
}, 120_000);

test('a failed model is shown with its place, cause and the command that goes on; mended, the run goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-'));
  modelWith(folder, 'm', { tokenizer: '{' });
  writeFileSync(
    join(folder, 'p.hpl'),
    'hpl 1\n\npipeline p {\n  backend = cpu\n  model teacher { source = "m" }\n}\n',
  );
  const first = await hpl(folder, ['run', 'p.hpl', '--quiet'], { COLUMNS: '200' });
  const [, run = ''] = /hpl logs (\S+)/.exec(first.err) ?? [];
  expect([first.code, first.err.replace(/\n {11}(?! )(?!hpl)/g, ' ')]).toEqual([
    1,
    `✖ teacher failed  p.hpl:5
  cause    ${folder}/m/tokenizer.json: the file is not valid JSON (Expected property name or '}' in JSON at position 1). Fetch or export it again.

  log      ${folder}/.hpl/runs/${run}/events.jsonl
           hpl logs ${run} --stage teacher
  resume   hpl run p.hpl
failed after ${/failed after (.*) \(/.exec(first.err)?.[1] ?? ''} (exit code 1)
`,
  ]);
  mend(folder, 'm', 'tokenizer.json');
  const second = await hpl(folder, ['run', 'p.hpl', '--quiet']);
  expect(second.code).toBe(0);
}, 60_000);
