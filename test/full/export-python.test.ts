import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.js';
import { rootSeed } from '../../src/base/seed.js';
import { Decoder } from '../../src/model/decode/decoder.js';
import { generate } from '../../src/model/decode/generate.js';
import { hybridDecoding } from '../../src/model/decode/hybrid-decoding.js';
import { hybridAttention } from '../../src/model/hybrid/hybrid-attention.js';
import { hiddenStates, logits } from '../../src/model/transformer.js';
import { readTensors } from '../../src/model/weights/tensor-files.js';
import { loadModel, saveModelDelta, type LoadedModel } from '../../src/plugins/model-artifact.js';
import { convert } from '../../src/plugins/stages/convert/plugin.js';
import { exportModel } from '../../src/plugins/stages/export/plugin.js';
import { largestDifference, normals, useBackend } from '../model/tensors.js';
import { tinyWorkplace, type Workplace } from '../plugins/evaluation/tiny-workplace.js';
import { runStage, trainingContext } from '../plugins/stages/training-workplace.js';
import { missingPackages, runPython } from './python.js';

const missing = missingPackages(['torch', 'transformers']);
const window = 5;
/** Tokens that every model here has. */
const smallestVocabulary = 40;
/** Below, at and above the window, and above what either side reads at once. */
const rows = [1, window - 1, window, window + 1, 23, 150].map((time) =>
  Array.from({ length: time }, (_, index) => (11 * index + 3) % smallestVocabulary),
);
const prompt = [5, 39, 12, 33, 8, 8, 21];
const newTokens = 40;

const settings = (['all', 'outside_window'] as const).flatMap((scope) => [
  {
    name: `${scope}-fixed-softmax`,
    scope,
    activation: 'softmax',
    mix: { plugin: 'fixed', options: { window: 0.3 } },
  },
  { name: `${scope}-joint-exp`, scope, activation: 'exp', mix: { plugin: 'joint', options: { gamma: 0.2 } } },
  { name: `${scope}-fixed-relu`, scope, activation: 'relu', mix: { plugin: 'fixed', options: {} } },
  { name: `${scope}-joint-elu`, scope, activation: 'one_plus_elu', mix: { plugin: 'joint', options: {} } },
]);

interface Computed {
  readonly logits: readonly (readonly number[])[];
  readonly generated: readonly number[];
  readonly padded: readonly number[];
  readonly beams: number;
  readonly stateBytes: readonly [number, number];
  readonly gradients: boolean;
}

/** Decoders of other families, by their folders among the references. */
const families = ['llama3', 'llama-linear', 'llama-bias', 'mistral', 'qwen2', 'qwen3'];

let workplace: Workplace;
let found: Readonly<Record<string, Computed>>;

beforeAll(async () => {
  if (missing !== undefined) return;
  await useBackend('wasm');
  workplace = await tinyWorkplace({ window, linear_scope: 'all' });
  const folders: Record<string, string> = {};
  for (const setting of settings) folders[setting.name] = await exported(setting);
  for (const family of families) folders[family] = await exportedFamily(family);
  const input = { folders, rows, prompt, new_tokens: newTokens };
  found = runPython(new URL('read_exported.py', import.meta.url), input) as typeof found;
}, 300_000);
afterAll(async () => {
  if (missing === undefined) await workplace.remove();
});

/** Converts the teacher, gives it adapters, and exports it. */
async function exported({ name, scope, activation, mix }: (typeof settings)[number]): Promise<string> {
  const map = { plugin: 'hedgehog', options: { activation, noise: 0.3, size: 6 } };
  const options: JsonObject = {
    model: { stage: 'teacher' },
    window,
    feature_map: map,
    mix,
    linear_scope: scope,
  };
  await runStage(convert, options, trainingContext(workplace, `${name}-maps`));
  const trained = await readTensors(join(workplace.folder, `${name}-maps/trained.safetensors`));
  trained.set('layers.1.self_attn.v_proj.lora_a', normals('a', [16, 2]));
  trained.set('layers.1.self_attn.v_proj.lora_b', normals('b', [2, 8]));
  const conversion = { window, linear_scope: scope, feature_map: map, mix };
  const adapter = { plugin: 'lora', options: { rank: 2, alpha: 2, targets: ['v'] } };
  await mkdir(join(workplace.folder, name));
  await saveModelDelta(
    join(workplace.folder, name),
    { base: { artifact: 'teacher' }, conversion, adapter },
    trained,
  );
  tf.dispose([...trained.values()]);
  await runStage(exportModel, { model: { stage: name } }, trainingContext(workplace, `${name}-files`));
  return join(workplace.folder, `${name}-files`);
}

/** Converts a model of another family and exports it. */
async function exportedFamily(family: string): Promise<string> {
  const teacher = join(workplace.folder, `teacher-${family}`);
  await cp(join(workplace.folder, 'teacher'), teacher, { recursive: true });
  await cp(join(import.meta.dirname, '../reference/families', family), join(teacher, 'base'), {
    recursive: true,
  });
  await shortenTokenizer(join(teacher, 'base/tokenizer.json'));
  const options: JsonObject = {
    model: { stage: `teacher-${family}` },
    window,
    feature_map: { plugin: 'hedgehog', options: { activation: 'softmax', noise: 0.3 } },
    mix: { plugin: 'joint', options: { gamma: 0.2 } },
    linear_scope: 'outside_window',
  };
  await runStage(convert, options, trainingContext(workplace, family));
  await runStage(exportModel, { model: { stage: family } }, trainingContext(workplace, `${family}-files`));
  return join(workplace.folder, `${family}-files`);
}

/** Leaves the words that the smallest model has tokens for. */
async function shortenTokenizer(file: string): Promise<void> {
  const json = JSON.parse(await readFile(file, 'utf8')) as { model: { vocab: Record<string, number> } };
  const words = Object.entries(json.model.vocab).filter(([, token]) => token < smallestVocabulary);
  await writeFile(
    file,
    JSON.stringify({ ...json, model: { ...json.model, vocab: Object.fromEntries(words) } }),
  );
}

async function loaded(name: string): Promise<LoadedModel> {
  const context = trainingContext(workplace, 'reader');
  return loadModel(context.input({ stage: name }), context);
}

/** Scores after the last token of each row. */
function ownLogits({ llama, conversion, trained, adapters }: LoadedModel): readonly Float32Array[] {
  const attention = hybridAttention(conversion!, trained, { branch: 'both', renormalise: true });
  return rows.map((row) =>
    tf.tidy(() => {
      const hidden = hiddenStates(llama, tf.tensor2d([row], undefined, 'int32'), attention, adapters);
      const all = logits(llama, hidden);
      return tf.slice(all, [0, row.length - 1, 0], [1, 1, -1]).dataSync() as Float32Array;
    }),
  );
}

async function ownText({ llama, conversion, trained, adapters }: LoadedModel): Promise<readonly number[]> {
  const decoder = new Decoder(llama, { decoding: hybridDecoding(conversion!, trained, 'both'), adapters });
  const random = rootSeed(0).stream();
  const wanted = { prompt, maxTokens: newTokens, endTokens: new Set<number>(), temperature: 0, random };
  const tokens: number[] = [];
  for await (const token of generate(decoder, wanted)) tokens.push(token);
  decoder.dispose();
  return tokens;
}

test.skipIf(missing !== undefined).each([...settings.map(({ name }) => name), ...families])(
  `transformers computes the scores and the text of hpl: %s${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async (name) => {
    const theirs = found[name]!;
    const model = await loaded(name);
    const differences = ownLogits(model).map((own, index) => largestDifference(own, theirs.logits[index]!));
    expect(Math.max(...differences)).toBeLessThan(1e-4);
    const text = await ownText(model);
    expect(theirs.generated).toEqual(text);
    expect(theirs.padded).toEqual(text);
    expect(theirs.beams).toBe(prompt.length + 4);
    expect(theirs.stateBytes[1]).toBe(theirs.stateBytes[0]);
    expect(theirs.gradients).toBe(true);
    model.dispose();
  },
);
