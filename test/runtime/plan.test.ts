import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/base/json.js';
import { ok } from '../../src/base/result.js';
import type { CheckedPipeline, CheckedStage } from '../../src/language/checked-pipeline.js';
import { hashContent } from '../../src/runtime/content-hash.js';
import { plan, type PlanSources } from '../../src/runtime/plan.js';
import type { Plan, PlannedStage } from '../../src/runtime/planned.js';
import { artifactSchema, type ArtifactRecord } from '../../src/runtime/store/artifact-record.js';
import type { StoreView } from '../../src/runtime/store/store.js';
import { bakery, catalogueOf, pipeline, stage } from './pipeline.js';

const emptyStore: StoreView = {
  artifact: () => Promise.resolve(undefined),
  checkpoint: () => undefined,
  lastKey: () => Promise.resolve(undefined),
  keysOfKind: () => Promise.resolve([]),
};

const sources: PlanSources = {
  catalogue: catalogueOf(...bakery),
  store: emptyStore,
  backend: { name: 'cpu', version: '1', device: 'cpu' },
  sourceHash: () => Promise.resolve('code'),
  contentHash: hashContent,
};

const folder = mkdtempSync(join(tmpdir(), 'hpl-plan-'));
const file = join(folder, 'p.hpl');
writeFileSync(join(folder, 'rye.txt'), 'rye');
writeFileSync(join(folder, 'oat.txt'), 'oat');
writeFileSync(join(folder, 'rye-again.txt'), 'rye');

async function planned(
  stages: readonly CheckedStage[],
  changes: Partial<PlanSources> = {},
  seed = 7,
): Promise<readonly PlannedStage[]> {
  return (await plannedPipeline(pipeline(file, stages, seed), changes)).stages;
}

async function plannedPipeline(checked: CheckedPipeline, changes: Partial<PlanSources> = {}): Promise<Plan> {
  const found = await plan(checked, { ...sources, ...changes });
  if (!found.ok) throw new Error(JSON.stringify(found.error));
  return found.value;
}

const flour = stage('mill', 'flour', { text: 'rye.txt', size: 16 });
const bread = stage('oven', 'bread', {
  flour: { stage: 'flour' },
  yeast: { plugin: 'wild', options: { hours: 12, label: 'blue' } },
});

async function fingerprints(
  stages: readonly CheckedStage[],
  changes: Partial<PlanSources> = {},
  seed = 7,
): Promise<readonly string[]> {
  return (await planned(stages, changes, seed)).map(({ fingerprint }) => fingerprint);
}

test('a plan has every stage after its inputs, with layers, whatever the order of the file', async () => {
  const stages = await planned([bread, flour]);
  expect(stages.map(({ name, layer, inputs }) => [name, layer, inputs.map((input) => input.stage)])).toEqual([
    ['flour', 0, []],
    ['bread', 1, ['flour']],
  ]);
});

test('names of stages, places of files, ignored options and copies do not change a fingerprint', async () => {
  const before = await fingerprints([flour, bread]);
  const renamed = [
    stage('mill', 'meal', { text: 'rye-again.txt', size: 16, verbose: true, out: 'copy' }),
    stage('oven', 'loaf', {
      flour: { stage: 'meal' },
      yeast: { plugin: 'wild', options: { hours: 12, label: 'red' } },
    }),
  ];
  expect(await fingerprints(renamed)).toEqual(before);
});

test('the order of keys does not change a fingerprint', async () => {
  const [before] = await fingerprints([flour]);
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(['text', 'size'], { minLength: 2 }), async (keys) => {
      const options = Object.fromEntries(keys.map((key) => [key, flour.options[key] ?? null]));
      expect(await fingerprints([stage('mill', 'flour', options)])).toEqual([before]);
    }),
    { numRuns: 5 },
  );
});

test('different options have different fingerprints, and equal ones equal', async () => {
  const options = fc.record(
    { size: fc.nat(3), text: fc.constantFrom('rye.txt', 'oat.txt') },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(options, options, async (left, right) => {
      const [one] = await fingerprints([stage('mill', 'm', left)]);
      const [other] = await fingerprints([stage('mill', 'm', right)]);
      expect(one === other).toBe(left.size === right.size && left.text === right.text);
    }),
    { numRuns: 50 },
  );
});

const otherYeast = { ...bread.options, yeast: { plugin: 'wild', options: { hours: 13 } } };

test.each<[string, () => Promise<readonly string[]>]>([
  ['the seed', () => fingerprints([flour, bread], {}, 8)],
  ['an option of a component', () => fingerprints([flour, stage('oven', 'bread', otherYeast)])],
  ['an input', () => fingerprints([stage('mill', 'flour', { text: 'rye.txt', size: 17 }), bread])],
  ['the code', () => fingerprints([flour, bread], { sourceHash: () => Promise.resolve('new') })],
  [
    'the code of a component',
    () =>
      fingerprints([flour, bread], {
        sourceHash: (plugin) => Promise.resolve(plugin.type === 'component' ? 'new' : 'code'),
      }),
  ],
  [
    'the backend of a gpu stage',
    () => fingerprints([flour, bread], { backend: { ...sources.backend, name: 'wasm' } }),
  ],
])('%s changes the fingerprint of what depends on it', async (_, changed) => {
  const [, before] = await fingerprints([flour, bread]);
  const [, after] = await changed();
  expect(after).not.toBe(before);
});

test('the backend does not matter to a cpu stage', async () => {
  const [before] = await fingerprints([flour]);
  const [after] = await fingerprints([flour], { backend: { ...sources.backend, name: 'wasm' } });
  expect(after).toBe(before);
});

test('the order of inputs in a list matters', async () => {
  const mills = [stage('mill', 'a', { size: 1 }), stage('mill', 'b', { size: 2 })];
  const oven = (...names: string[]): CheckedStage =>
    stage('oven', 'o', { more: names.map((name) => ({ stage: name })) });
  const [, , one] = await fingerprints([...mills, oven('a', 'b')]);
  const [, , other] = await fingerprints([...mills, oven('b', 'a')]);
  expect(one).not.toBe(other);
});

test('two stages that do the same work run once', async () => {
  const twin = stage('mill', 'again', { size: 16, text: 'rye.txt' });
  const stages = await planned([flour, twin]);
  expect(stages.map(({ action, reason, twin: of }) => ({ action, reason, of }))).toEqual([
    { action: 'run', reason: 'never run', of: null },
    { action: 'cached', reason: 'the same work as "flour"', of: 'flour' },
  ]);
});

test('a file that is not there is a diagnostic at its stage, and the stages behind it have none', async () => {
  const found = await plan(pipeline(file, [stage('mill', 'flour', { text: 'wheat.txt' }), bread]), sources);
  expect(found.ok ? [] : found.error.map(({ code, message }) => [code, message])).toEqual([
    [
      'unreadable-path',
      `The stage "flour" reads "wheat.txt", but there is nothing at ${join(folder, 'wheat.txt')}. Paths are relative to the pipeline file.`,
    ],
  ]);
});

/** A store in which an earlier plan was carried out under the same names. */
function storeAfter(earlier: readonly PlannedStage[]): StoreView {
  return {
    ...emptyStore,
    lastKey: (_, name) => {
      const found = earlier.find((item) => item.name === name);
      return Promise.resolve(found && { key: found.key, fingerprint: found.fingerprint });
    },
    artifact: (fingerprint) => {
      const found = earlier.find((item) => item.fingerprint === fingerprint);
      return Promise.resolve(found && ok(recordOf(found)));
    },
  };
}

function recordOf({ name, kind, output, fingerprint, key }: PlannedStage): ArtifactRecord {
  const rest = { summary: {}, gates: [], files: [], seconds: 1 };
  return { schema: artifactSchema, stage: name, type: output, kind, fingerprint, key, ...rest };
}

async function reasonsAfter(
  before: readonly CheckedStage[],
  now: readonly CheckedStage[],
  changes: Partial<PlanSources> = {},
  seed = 7,
): Promise<readonly string[]> {
  const store = storeAfter(await planned(before));
  return (await planned(now, { store, ...changes }, seed)).map(({ reason }) => reason);
}

test('an unchanged pipeline is cached throughout', async () => {
  const store = storeAfter(await planned([flour, bread]));
  const stages = await planned([flour, bread], { store });
  expect(stages.map(({ action, reason }) => [action, reason])).toEqual([
    ['cached', 'unchanged'],
    ['cached', 'unchanged'],
  ]);
});

test('a miss says what changed since the last run', async () => {
  const finer = stage('mill', 'flour', { text: 'rye.txt', size: 32 });
  expect(await reasonsAfter([flour, bread], [finer, bread])).toEqual([
    'options changed: size 16 -> 32',
    'input flour changed',
  ]);
  const rested = stage('oven', 'bread', otherYeast);
  expect(await reasonsAfter([flour, bread], [flour, rested])).toEqual([
    'unchanged',
    'options changed: yeast.hours 12 -> 13',
  ]);
  expect(await reasonsAfter([flour], [flour], {}, 8)).toEqual(['seed changed: 7 -> 8']);
  expect(await reasonsAfter([flour], [stage('mill', 'flour', { text: 'oat.txt' })])).toEqual([
    'options changed: size 16 removed; file changed: rye.txt -> oat.txt',
  ]);
  expect(await reasonsAfter([flour], [flour], { sourceHash: () => Promise.resolve('new') })).toEqual([
    'the code of hpl changed',
  ]);
  expect(
    await reasonsAfter([flour, bread], [flour, bread], { backend: { ...sources.backend, name: 'wasm' } }),
  ).toEqual(['unchanged', 'backend changed: cpu -> wasm']);
});

test('a file that changed in place is named', async () => {
  writeFileSync(join(folder, 'barley.txt'), 'barley');
  const malt = stage('mill', 'malt', { text: 'barley.txt' });
  const store = storeAfter(await planned([malt]));
  writeFileSync(join(folder, 'barley.txt'), 'roasted barley');
  const [after] = await planned([malt], { store });
  expect(after?.reason).toBe('file barley.txt changed');
});

test('a stage of a new name is compared with the nearest result of its kind', async () => {
  const earlier = await planned([flour, stage('mill', 'coarse', { size: 1 })]);
  const store: StoreView = {
    ...emptyStore,
    keysOfKind: () => Promise.resolve(earlier.map(({ key }) => key)),
  };
  const [fresh] = await planned([stage('mill', 'meal', { text: 'rye.txt', size: 15 })], { store });
  expect(fresh?.reason).toBe('options changed: size 16 -> 15');
});

test('a condition that changed is shown as written', async () => {
  const until = (steps: number): CheckedStage =>
    stage('mill', 'flour', {
      text: 'rye.txt',
      stop: {
        op: '>=',
        left: { op: 'metric', name: 'steps' },
        right: { op: 'number', value: steps },
      },
    });
  expect(await reasonsAfter([until(2)], [until(3)])).toEqual([
    'options changed: stop steps >= 2 -> steps >= 3',
  ]);
});

test('a stage of a new name that is like no earlier one was never run', async () => {
  const settings = (suffix: string): JsonObject =>
    Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, `${name}${suffix}`]));
  const earlier = await planned([stage('mill', 'coarse', settings('0'))]);
  const store: StoreView = {
    ...emptyStore,
    keysOfKind: () => Promise.resolve(earlier.map(({ key }) => key)),
  };
  const [fresh] = await planned([stage('mill', 'fine', settings('1'))], { store });
  expect(fresh?.reason).toBe('never run');
});

test('a stage with a checkpoint resumes, one that failed last time says so, and damage is named', async () => {
  const at = (changes: Partial<StoreView>): Promise<readonly PlannedStage[]> =>
    planned([flour], { store: { ...emptyStore, ...changes } });
  const [stopped] = await at({ checkpoint: () => ({ step: 40, folder: '' }) });
  expect([stopped?.action, stopped?.reason]).toEqual(['resume', 'stopped at step 40']);
  const [{ key, fingerprint } = { key: undefined, fingerprint: '' }] = await planned([flour]);
  const [unfinished] = await at({ lastKey: () => Promise.resolve(key && { key, fingerprint }) });
  expect(unfinished?.reason).toBe('not finished in the last run');
  const [damaged] = await at({
    artifact: () => Promise.resolve({ ok: false, error: 'its file a.bin is missing' }),
  });
  expect([damaged?.action, damaged?.reason]).toEqual([
    'run',
    'its stored result is damaged: its file a.bin is missing',
  ]);
});

test('a plan is the same after a round trip through JSON', async () => {
  const frozen = await plannedPipeline(pipeline(file, [flour, bread]));
  expect(JSON.parse(JSON.stringify(frozen))).toEqual(frozen);
});
