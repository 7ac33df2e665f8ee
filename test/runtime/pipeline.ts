import type { JsonObject } from '../../src/base/json.js';
import { createCatalogue, type Catalogue } from '../../src/runtime/catalogue.js';
import { defineComponent, defineStage, type Plugin } from '../../src/runtime/contract/plugin.js';
import type { CheckedInput, CheckedPipeline, CheckedStage } from '../../src/language/checked-pipeline.js';

/** Never loaded: planning looks at records only. */
const noCode = (): never => {
  throw new Error('planning must not load code');
};

const mill = defineStage({
  kind: 'mill',
  summary: 'Grinds a text.',
  output: 'folder',
  resource: 'cpu',
  load: noCode,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      text: { 'x-path': 'either', description: 'What to grind.' },
      size: { type: 'integer', default: 16, description: 'How fine.' },
      verbose: { type: 'boolean', 'x-cache': 'ignore', description: 'How loud.' },
      out: { 'x-path': 'output', description: 'Where a copy goes.' },
    },
  },
});

const oven = defineStage({
  kind: 'oven',
  summary: 'Bakes what mills grind.',
  output: 'report',
  resource: 'gpu',
  load: noCode,
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      flour: { 'x-ref': 'folder', description: 'What to bake.' },
      more: { type: 'array', items: { 'x-ref': 'folder' }, description: 'More of it.' },
      yeast: { 'x-plugin': 'optimizer', description: 'What makes it rise.' },
    },
  },
});

const wild = defineComponent({
  kind: 'optimizer',
  name: 'wild',
  summary: 'Rises slowly.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      hours: { type: 'number', default: 12, description: 'How long.' },
      label: { type: 'string', 'x-cache': 'ignore', description: 'What stands on it.' },
    },
  },
  create: noCode,
});

/** A mill, an oven and a component, with a place of each special kind. */
export const bakery: readonly Plugin[] = [mill, oven, wild];

export function catalogueOf(...plugins: readonly Plugin[]): Catalogue {
  const catalogue = createCatalogue([{ plugins }]);
  if (!catalogue.ok) throw new Error(JSON.stringify(catalogue.error));
  return catalogue.value;
}

/** A checked stage; inputs are found in the options, as the language does. */
export function stage(kind: string, name: string, options: JsonObject): CheckedStage {
  const span = { source: { file: 'pipeline.hpl', text: '' }, start: 0, end: 0 };
  return { name, kind, options, inputs: inputsOf(options, ''), settings: new Map(), span };
}

function inputsOf(value: unknown, pointer: string): readonly CheckedInput[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('stage' in value) return [{ pointer, stage: String(value.stage) }];
  return Object.entries(value).flatMap(([key, inner]) => inputsOf(inner, `${pointer}/${key}`));
}

export function pipeline(file: string, stages: readonly CheckedStage[], seed = 7): CheckedPipeline {
  const backend = { plugin: 'cpu', options: {} };
  return { phase: 'checked', name: 'p', file, seed, backend, params: [], uses: [], stages };
}
