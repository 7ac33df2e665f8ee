import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.js';
import type { Span } from '../../src/base/span.js';
import type { CheckedStage } from '../../src/language/checked-pipeline.js';
import type { Catalogue } from '../../src/runtime/catalogue.js';
import type { Forecast, ForecastContext } from '../../src/runtime/contract/forecast.js';
import { defineStage, type StagePlugin } from '../../src/runtime/contract/plugin.js';
import { forecastPlan } from '../../src/runtime/forecast-plan.js';
import { plan } from '../../src/runtime/plan.js';
import type { Plan } from '../../src/runtime/planned.js';
import { artifactSchema } from '../../src/runtime/store/artifact-record.js';
import { storeLayout } from '../../src/runtime/store/layout.js';
import { viewStore } from '../../src/runtime/store/store.js';
import { catalogueOf, pipeline, stage } from './pipeline.js';

type Foresee = (options: JsonObject, context: ForecastContext) => Forecast;

/** A kind of stage that takes others and foresees this. */
function kindOf(kind: string, foresee: Foresee): StagePlugin {
  return defineStage({
    kind,
    summary: 'Foresees.',
    output: 'folder',
    resource: 'cpu',
    load: () => Promise.reject(new Error('a forecast must not load code')),
    forecast: (options, context) => Promise.resolve(foresee(options, context)),
    options: {
      type: 'object',
      additionalProperties: false,
      properties: {
        of: { 'x-ref': 'folder', description: 'What comes before.' },
        size: { type: 'integer', default: 1, description: 'How much.' },
      },
    },
  });
}

const backend = { name: 'cpu', version: '1', device: 'cpu' };
const text = 'one two three four';

/** A stage whose place is a word of the text. */
function placed(checked: CheckedStage, word: string, setting = word): CheckedStage {
  const spanOf = (part: string): Span => {
    const start = text.indexOf(part);
    return { source: { file: 'pipeline.hpl', text }, start, end: start + part.length };
  };
  return { ...checked, span: spanOf(word), settings: new Map([['/size', spanOf(setting)]]) };
}

interface Bench {
  readonly catalogue: Catalogue;
  readonly stages: readonly CheckedStage[];
  readonly store?: string;
}

async function planned({ catalogue, stages, store = '/nonexistent/hpl' }: Bench): Promise<Plan> {
  const found = await plan(pipeline('/pipelines/p.hpl', stages), {
    catalogue,
    store: viewStore(store),
    backend,
    sourceHash: () => Promise.resolve('code'),
    contentHash: () => Promise.reject(new Error('there are no files')),
  });
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
}

async function forecast(bench: Bench): ReturnType<typeof forecastPlan> {
  const { catalogue, stages, store = '/nonexistent/hpl' } = bench;
  return forecastPlan(await planned(bench), {
    pipeline: pipeline('/pipelines/p.hpl', stages),
    catalogue,
    store,
  });
}

/** Puts the result of a planned stage into a store. */
function publish(store: string, { stages }: Plan, name: string): void {
  const found = stages.find((item) => item.name === name);
  if (found === undefined) throw new Error(`no stage ${name}`);
  const { kind, output: type, fingerprint, key } = found;
  const folder = join(storeLayout(store).artifacts, fingerprint);
  mkdirSync(folder, { recursive: true });
  const record = { schema: artifactSchema, stage: name, type, kind, fingerprint, key };
  const rest = { summary: { grains: 7 }, gates: [], files: [], seconds: 1 };
  writeFileSync(join(folder, 'artifact.json'), JSON.stringify({ ...record, ...rest }));
}

const mill = stage('mill', 'flour', { size: 3 });
const bread = stage('oven', 'bread', { of: { stage: 'flour' }, size: 2 });

const bakery = catalogueOf(
  kindOf('mill', ({ size }) => ({ artifact: { grains: Number(size) } })),
  kindOf('oven', ({ of }, context) => {
    const flour = context.input(of as { readonly stage: string }) as { readonly grains: number };
    return { memory: { bytes: 100.4 * flour.grains, atLeast: true } };
  }),
);

test('a stage foresees its memory from what its inputs foresee, and says where it is told', async () => {
  const found = await forecast({ catalogue: bakery, stages: [mill, bread] });
  expect(found.ok && found.value.stages.map(({ name, memory }) => [name, memory])).toEqual([
    ['flour', undefined],
    ['bread', { bytes: 301, atLeast: true }],
  ]);
  expect(JSON.parse(JSON.stringify(found))).toEqual(found);
});

test('a plugin is told its own result, the backend and the folder of the file', async () => {
  const store = mkdtempSync(join(tmpdir(), 'hpl-forecast-'));
  const told: unknown[] = [];
  const catalogue = catalogueOf(
    kindOf('mill', (_, context) => {
      told.push([context.stage, context.backend.name, context.result?.summary, context.path('rye.txt')]);
      return {};
    }),
    kindOf('oven', () => ({})),
  );
  const bench = { catalogue, stages: [mill, bread], store };
  publish(store, await planned(bench), 'flour');
  await forecast(bench);
  expect(told).toEqual([['flour', 'cpu', { grains: 7 }, '/pipelines/rye.txt']]);
});

test('stages that are cached are asked for what others need of them, and refused for nothing', async () => {
  const store = mkdtempSync(join(tmpdir(), 'hpl-forecast-'));
  const tooMuch = { bytes: 9, excess: 'It is too much.' };
  const catalogue = catalogueOf(
    kindOf('mill', () => ({
      memory: tooMuch,
      problems: [{ stage: 'flour', pointer: '/size', message: 'It is not there.' }],
    })),
    kindOf('oven', () => ({})),
  );
  const bench = { catalogue, stages: [mill, bread], store };
  publish(store, await planned(bench), 'flour');
  const found = await forecast(bench);
  expect(found.ok && found.value.stages.map(({ action, memory }) => [action, memory])).toEqual([
    ['cached', undefined],
    ['run', undefined],
  ]);
});

test('where nothing is to be computed, nobody is asked', async () => {
  const store = mkdtempSync(join(tmpdir(), 'hpl-forecast-'));
  const catalogue = catalogueOf(
    kindOf('mill', () => {
      throw new Error('it was asked');
    }),
  );
  const bench = { catalogue, stages: [mill], store };
  publish(store, await planned(bench), 'flour');
  expect((await forecast(bench)).ok).toBe(true);
});

test('too much memory is one mistake, at the stage that takes most, and names the others', async () => {
  const catalogue = catalogueOf(
    kindOf('mill', ({ size }) => ({
      memory: { bytes: Number(size), ...(Number(size) > 1 && { excess: `${Number(size)} is too much.` }) },
    })),
  );
  const stages = [1, 2, 4, 3].map((size, index) =>
    placed(stage('mill', `stage-${size}`, { size }), ['one', 'two', 'three', 'four'][index] ?? ''),
  );
  const found = await forecast({ catalogue, stages });
  expect(found.ok ? [] : found.error).toMatchObject([
    {
      code: 'exceeds-memory',
      severity: 'error',
      message: '4 is too much.',
      span: { start: text.indexOf('three') },
      related: [
        { message: 'this one would need more than there is, too', span: { start: text.indexOf('four') } },
        { message: 'this one would need more than there is, too', span: { start: text.indexOf('two') } },
      ],
    },
  ]);
});

test('what several stages miss of the machine is said once, at the option that asks for it', async () => {
  const missing = { stage: 'flour', pointer: '/size', message: 'There are no grains of size 3 here.' };
  const catalogue = catalogueOf(
    kindOf('mill', () => ({})),
    kindOf('oven', () => ({ problems: [missing] })),
  );
  const stages = [
    placed(mill, 'one', 'two'),
    placed(bread, 'three'),
    placed(stage('oven', 'cake', { of: { stage: 'flour' }, size: 5 }), 'four'),
  ];
  const found = await forecast({ catalogue, stages });
  expect(found.ok ? [] : found.error).toMatchObject([
    {
      code: 'not-on-this-machine',
      message: missing.message,
      span: { start: text.indexOf('two') },
      related: [],
    },
  ]);
});
