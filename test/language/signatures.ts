import type { Json, JsonObject } from '../../src/base/json.js';
import type { OptionSchema, OptionsSchema } from '../../src/base/json-schema.js';
import type { ArtifactType, ComponentKind } from '../../src/base/plugin-kinds.js';
import type {
  ComponentSignature,
  ComponentValue,
  MetricDeclaration,
  OptionProblem,
  Signatures,
  StageSignature,
} from '../../src/base/signatures.js';
import { validateOptions } from '../../src/runtime/options-schema.js';

/** Signatures in the manner of the standard plugins, small enough to be read beside a test. */
export function testSignatures(): Signatures {
  return {
    stages: new Map(stages.map((stage) => [stage.kind, stage])),
    components: groupByKind(components),
    validate: validateOptions,
  };
}

function groupByKind(
  all: readonly ComponentSignature[],
): ReadonlyMap<ComponentKind, ReadonlyMap<string, ComponentSignature>> {
  const kinds = new Map<ComponentKind, Map<string, ComponentSignature>>();
  for (const component of all) {
    const ofKind = kinds.get(component.kind) ?? new Map<string, ComponentSignature>();
    kinds.set(component.kind, ofKind.set(component.name, component));
  }
  return kinds;
}

type Properties = Readonly<Record<string, OptionSchema>>;

function schema(properties: Properties, required: readonly string[] = []): OptionsSchema {
  return { type: 'object', additionalProperties: false, properties, required };
}

const modelReference: OptionSchema = { 'x-ref': 'model' };
const dataReference: OptionSchema = { 'x-ref': 'dataset' };
const metric = (name: string, unit?: string): MetricDeclaration =>
  unit === undefined ? { name, description: name } : { name, description: name, unit };

interface StageShape {
  readonly properties: Properties;
  readonly required?: readonly string[];
  readonly output?: ArtifactType;
  readonly metrics?: (options: JsonObject) => readonly MetricDeclaration[];
  readonly check?: (options: JsonObject) => readonly OptionProblem[];
}

function stage(kind: string, shape: StageShape): StageSignature {
  return {
    kind,
    summary: kind,
    options: schema(shape.properties, shape.required),
    output: shape.output ?? 'model',
    metrics: shape.metrics ?? (() => []),
    check: shape.check ?? (() => []),
  };
}

const training = [
  'epochs',
  'steps',
  'train.loss',
  'validation.loss',
  'window.loss',
  'both.loss',
  'linear.loss',
];

function pluginsOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map((item) => (item as ComponentValue).plugin) : [];
}

const taskMetrics: Readonly<Record<string, readonly string[]>> = {
  perplexity: ['loss', 'perplexity'],
  recall: ['accuracy'],
};

const stages: readonly StageSignature[] = [
  stage('model', { properties: { source: { type: 'string', 'x-path': 'folder' } }, required: ['source'] }),
  stage('data', {
    properties: {
      source: { type: 'string', 'x-path': 'file' },
      tokenizer: modelReference,
      context: { type: 'integer', minimum: 2, default: 256, 'x-unit': 'tokens' },
      holdout: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0.05, 'x-unit': 'ratio' },
      shuffle: { type: 'boolean', default: true },
    },
    required: ['source'],
    output: 'dataset',
  }),
  stage('convert', {
    properties: {
      model: modelReference,
      window: { type: 'integer', minimum: 1, 'x-unit': 'tokens' },
      feature_map: { 'x-plugin': 'feature-map', default: { plugin: 'hedgehog', options: {} } },
      mix: { 'x-plugin': 'mix', default: { plugin: 'fixed', options: {} } },
      linear_scope: { type: 'string', enum: ['all', 'outside_window'], default: 'all' },
      layers: { type: 'array', items: { type: 'integer', minimum: 0 }, uniqueItems: true },
    },
    required: ['model', 'window'],
  }),
  stage('transfer', {
    properties: {
      model: modelReference,
      data: dataReference,
      objective: { 'x-plugin': 'objective', default: { plugin: 'attention_weights', options: {} } },
      optimizer: { 'x-plugin': 'optimizer', default: { plugin: 'adamw', options: {} } },
      checkpoint_every: { type: 'number', exclusiveMinimum: 0, default: 60, 'x-unit': 'time' },
      stop: { 'x-condition': true },
    },
    required: ['model', 'data'],
    metrics: () => training.map((name) => metric(name)),
    check: (options) =>
      options['checkpoint_every'] === 13
        ? [
            {
              pointer: '/checkpoint_every',
              keyword: 'rule',
              message: 'Thirteen seconds bring bad luck. Take 14 s.',
            },
          ]
        : [],
  }),
  stage('finetune', {
    properties: {
      model: modelReference,
      data: dataReference,
      adapter: { 'x-plugin': 'adapter', default: { plugin: 'lora', options: {} } },
      dropout: { 'x-plugin': 'dropout', default: { plugin: 'window_dropout', options: {} } },
      optimizer: { 'x-plugin': 'optimizer', default: { plugin: 'adamw', options: {} } },
      stop: { 'x-condition': true },
    },
    required: ['model', 'data'],
    metrics: () => [...training.map((name) => metric(name)), metric('elapsed', 's')],
  }),
  stage('ablate', {
    properties: {
      model: modelReference,
      branches: { type: 'array', minItems: 1, items: { 'x-plugin': 'branch' } },
      tasks: { type: 'array', minItems: 1, items: { 'x-plugin': 'task' } },
      require: { 'x-condition': true },
    },
    required: ['model', 'branches', 'tasks'],
    output: 'report',
    metrics: (options) =>
      pluginsOf(options['branches']).flatMap((branch) =>
        pluginsOf(options['tasks']).flatMap((task) =>
          (taskMetrics[task] ?? []).map((name) => metric(`${branch}.${task}.${name}`)),
        ),
      ),
  }),
  stage('faulty', {
    properties: { stop: { 'x-condition': true } },
    metrics: () => {
      throw new Error('metrics is not written yet.');
    },
  }),
];

function component(
  kind: ComponentKind,
  name: string,
  properties: Properties = {},
  required: readonly string[] = [],
): ComponentSignature {
  return { kind, name, summary: name, options: schema(properties, required) };
}

const components: readonly ComponentSignature[] = [
  component('feature-map', 'hedgehog', {
    activation: {
      type: 'string',
      enum: ['softmax', 'exp', 'relu', 'one_plus_elu', 'none'],
      default: 'softmax',
    },
    size: { type: 'integer', minimum: 1, default: 32 },
    noise: { type: 'number', minimum: 0, default: 0 },
  }),
  component('mix', 'fixed', { window: { type: 'number', minimum: 0, maximum: 1, default: 0.5 } }),
  component('mix', 'joint'),
  component('objective', 'attention_weights'),
  component('objective', 'attention_output'),
  component('objective', 'hybrid_output'),
  {
    ...component('optimizer', 'adamw', {
      learning_rate: { type: 'number', exclusiveMinimum: 0, default: 0.01 },
      weight_decay: { type: 'number', minimum: 0, default: 0 },
      warmup: { type: 'integer', minimum: 0, default: 0, 'x-unit': 'steps' },
    }),
    check: ({ warmup }) =>
      warmup === 13
        ? [{ pointer: '/warmup', keyword: 'rule', message: 'Thirteen steps bring bad luck. Take 14 steps.' }]
        : [],
  },
  component('adapter', 'lora', {
    rank: { type: 'integer', minimum: 1, default: 8 },
    alpha: { type: 'number', default: 16 },
    targets: {
      type: 'array',
      items: { type: 'string', enum: ['q', 'k', 'v', 'o'] },
      uniqueItems: true,
      default: ['q', 'k', 'v', 'o'],
    },
  }),
  component('dropout', 'window_dropout', {
    schedule: { 'x-schedule': true, minimum: 0, maximum: 1, default: { schedule: [0.9, 0.75, 0.5] } },
  }),
  component('task', 'perplexity', { data: dataReference }, ['data']),
  component('task', 'recall', { distance: { type: 'integer', minimum: 1, default: 64, 'x-unit': 'tokens' } }),
  component('branch', 'both'),
  component('branch', 'window'),
  component('branch', 'linear'),
  component('branch', 'sinks', { count: { type: 'integer', minimum: 1, default: 8 } }),
  component('branch', 'none'),
  component('backend', 'auto'),
  component('backend', 'wasm'),
  component('backend', 'cpu'),
  component('backend', 'tensorflow', {
    device: { type: 'string', enum: ['auto', 'cpu', 'gpu'], default: 'auto' },
  }),
];
