import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Condition } from '../../../src/base/condition.js';
import type { JsonObject } from '../../../src/base/json.js';
import { rootSeed } from '../../../src/base/seed.js';
import type { ComponentValue } from '../../../src/base/signatures.js';
import { fixedMix } from '../../../src/model/attention/fixed-mix.js';
import { jointMix } from '../../../src/model/attention/joint-mix.js';
import type { ModelConfig } from '../../../src/model/config.js';
import { hedgehog } from '../../../src/model/feature-maps/hedgehog.js';
import { initialTensors } from '../../../src/model/hybrid/layer-tensors.js';
import { parameterShapes } from '../../../src/model/parameters.js';
import { readTokenizer } from '../../../src/model/tokenizer.js';
import { saveLlama } from '../../../src/model/weights/hugging-face-folder.js';
import type { TokenRows } from '../../../src/plugins/dataset-rows.js';
import { saveModelDelta } from '../../../src/plugins/model-artifact.js';
import { both } from '../../../src/plugins/branches/both.js';
import { linear } from '../../../src/plugins/branches/linear.js';
import { none } from '../../../src/plugins/branches/none.js';
import { sinks } from '../../../src/plugins/branches/sinks.js';
import { window } from '../../../src/plugins/branches/window.js';
import { mmlu } from '../../../src/plugins/tasks/mmlu.js';
import { multipleChoice } from '../../../src/plugins/tasks/multiple-choice.js';
import { perplexity } from '../../../src/plugins/tasks/perplexity.js';
import { perplexityFile } from '../../../src/plugins/tasks/perplexity-file.js';
import { winogrande } from '../../../src/plugins/tasks/winogrande.js';
import { recall } from '../../../src/plugins/tasks/recall.js';
import { trackCondition } from '../../../src/runtime/conditions.js';
import type { Artifact } from '../../../src/runtime/contract/artifact.js';
import type { ComponentPlugin } from '../../../src/runtime/contract/plugin.js';
import type { Checkpoint, StageContext, StageEvent } from '../../../src/runtime/contract/stage.js';
import { validateOptions } from '../../../src/runtime/options-schema.js';
import { rowsInMemory, saveDataset } from '../dataset-in-memory.js';

/** A model small enough for the cpu backend, whose vocabulary is letters and points. */
export const tinyConfig: ModelConfig = {
  hiddenSize: 16,
  layers: 2,
  heads: 2,
  keyValueHeads: 1,
  headSize: 8,
  intermediateSize: 24,
  vocabularySize: 64,
  contextLength: 96,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
  beginToken: 0,
};

const words = [
  '<|endoftext|>',
  ...Array.from('.,:;!?-'),
  ...Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'),
];

/** What is worth varying in a test. */
export interface Workplace {
  readonly folder: string;
  /** Starts a stage's context; `conversion` as in model.json. */
  context(settings?: ContextSettings): TestContext;
  remove(): Promise<void>;
}

/** How a context behaves. */
export interface ContextSettings {
  readonly signal?: AbortSignal;
  /** Kept over contexts to resume. */
  readonly checkpoints?: TestCheckpoints;
  readonly output?: string;
}

/** A context whose folder a test can read. */
export interface TestContext extends StageContext {
  readonly folder: string;
}

/** Checkpoints in a folder, the latest alone. */
export class TestCheckpoints {
  readonly intervalSeconds = 0;
  #latest: Checkpoint | undefined;

  constructor(private readonly folder: string) {}

  latest(): Checkpoint | undefined {
    return this.#latest;
  }

  async save(step: number, write: (folder: string) => Promise<void>): Promise<void> {
    const folder = join(this.folder, `step-${step}`);
    await mkdir(folder, { recursive: true });
    await write(folder);
    this.#latest = { step, folder };
  }
}

/** Conversion settings of the model artifact `hybrid`. */
export interface TinyConversion {
  readonly window: number;
  readonly linear_scope: 'all' | 'outside_window';
  readonly mix?: 'fixed' | 'joint';
}

/** Makes a teacher, a converted model and a data set with random weights and words, and a context to run stages in. */
export async function tinyWorkplace(conversion: TinyConversion): Promise<Workplace> {
  const root = await mkdtemp(join(tmpdir(), 'hpl-evaluation-'));
  await writeTeacher(join(root, 'teacher'));
  await writeHybrid(join(root, 'hybrid'), conversion);
  await writeData(join(root, 'data'), join(root, 'teacher', 'base'));
  let outputs = 0;
  return {
    folder: root,
    context: (settings = {}) => {
      outputs += 1;
      return contextIn(root, settings.output ?? join(root, `output-${outputs}`), settings);
    },
    remove: () => rm(root, { recursive: true }),
  };
}

/** Options after defaults, as a stage gets them. */
export function completed(
  plugin: { readonly options: Parameters<typeof validateOptions>[0] },
  options: JsonObject,
): JsonObject {
  const { options: full, problems } = validateOptions(plugin.options, options);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '));
  return full;
}

/** A component as options hold it, its defaults filled in. */
export function component(kind: 'task' | 'branch', plugin: string, options: JsonObject = {}): ComponentValue {
  return { plugin, options: completed(findPlugin(kind, plugin), options) };
}

/** All events of a stage. */
export async function collected(events: AsyncIterable<StageEvent>): Promise<readonly StageEvent[]> {
  const all: StageEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const testComponents: readonly ComponentPlugin[] = [
  ...[both, window, linear, sinks, none],
  ...[perplexity, perplexityFile, recall, multipleChoice, mmlu, winogrande],
];

function findPlugin(kind: string, name: string): ComponentPlugin {
  const found = testComponents.find((plugin) => plugin.kind === kind && plugin.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
}

function contextIn(root: string, folder: string, settings: ContextSettings): TestContext {
  const artifact = (name: string): Artifact => ({
    type: name === 'data' ? 'dataset' : 'model',
    fingerprint: name,
    folder: join(root, name),
    summary: {},
  });
  return {
    stage: 'diagnosis',
    seed: rootSeed(7).child('ablate'),
    signal: settings.signal ?? new AbortController().signal,
    folder,
    checkpoints: settings.checkpoints ?? new TestCheckpoints(join(folder, 'checkpoints')),
    path: (option) => join(root, option),
    input: ({ stage }) => artifact(stage),
    artifact,
    component: async <Product>(kind: string, value: ComponentValue) => {
      if (kind === 'feature-map') return hedgehog({ activation: 'softmax', noise: 0.1 }) as Product;
      if (kind === 'mix')
        return (value.plugin === 'joint' ? jointMix({ gamma: 0.5 }) : fixedMix({ window: 0.5 })) as Product;
      const context = { seed: rootSeed(1), component: () => Promise.reject(new Error('no inner component')) };
      return (await findPlugin(kind, value.plugin).create(value.options, context)) as Product;
    },
    condition: (condition: Condition) => trackCondition(condition),
    now: () => performance.now(),
  };
}

async function writeTeacher(folder: string): Promise<void> {
  const base = join(folder, 'base');
  const random = rootSeed(3).stream();
  const parameters = new Map(
    [...parameterShapes(tinyConfig)].map(([name, shape]) => {
      const norm = name.endsWith('norm.weight');
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Float32Array.from({ length: size }, () => (norm ? 1 : random.normal() * 0.5));
      return [name, tf.tensor(values, [...shape])] as const;
    }),
  );
  await saveLlama(base, { config: tinyConfig, parameters });
  for (const tensor of parameters.values()) tensor.dispose();
  await writeFile(join(base, 'tokenizer.json'), JSON.stringify(tokenizerJson()));
  await saveModelDelta(folder, { base: { folder: 'base' } }, new Map());
}

async function writeHybrid(folder: string, { mix = 'fixed', ...conversion }: TinyConversion): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { heads, headSize, layers } = tinyConfig;
  const tensors = initialTensors(
    {
      window: conversion.window,
      linearScope: conversion.linear_scope,
      featureMap: hedgehog({ activation: 'softmax', noise: 0.1 }),
      mix: mix === 'joint' ? jointMix({ gamma: 0.5 }) : fixedMix({ window: 0.5 }),
    },
    { heads, headSize, layers },
    rootSeed(5),
  );
  const description = {
    base: { artifact: 'teacher' },
    conversion: {
      ...conversion,
      feature_map: { plugin: 'hedgehog', options: {} },
      mix: { plugin: mix, options: {} },
    },
  };
  await saveModelDelta(folder, description, tensors);
  for (const tensor of tensors.values()) tensor.dispose();
}

async function writeData(folder: string, tokenizerFolder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tokenizer = await readTokenizer(tokenizerFolder);
  await saveDataset(folder, {
    context: 48,
    tokenizer: tokenizer.fingerprint,
    vocabularySize: tokenizer.vocabularySize,
    train: randomRows(2),
    validation: randomRows(5),
  });
}

/** Points and a few letters, so that keys are left. */
function randomRows(count: number): TokenRows {
  const random = rootSeed(11).stream();
  const tokens = Int32Array.from({ length: count * 48 }, () => 1 + random.integer(12));
  const scored = Uint8Array.from(tokens, (_, index) => (index % 48 === 0 ? 0 : 1));
  return rowsInMemory(48, tokens, scored);
}

function tokenizerJson(): JsonObject {
  return {
    version: '1.0',
    added_tokens: [
      {
        id: 0,
        content: words[0]!,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'BPE', vocab: Object.fromEntries(words.map((word, id) => [word, id])), merges: [] },
  };
}

/** Copies a folder, so that a test can change it. */
export async function copied(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
}
