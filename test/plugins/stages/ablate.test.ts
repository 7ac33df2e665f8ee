import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isJsonObject, type JsonObject } from '../../../src/base/json.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import { ablationReportSchema } from '../../../src/plugins/stages/ablate/report-schema.js';
import { Ablate } from '../../../src/plugins/stages/ablate/run.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import {
  collected,
  completed,
  component,
  TestCheckpoints,
  tinyWorkplace,
  type TestContext,
  type Workplace,
} from '../evaluation/tiny-workplace.js';

let everywhere: Workplace;
let outside: Workplace;
let joint: Workplace;
/** With the usual options, for tests that only read. */
let allKeys: Ablated;
let outsideKeys: Ablated;

beforeAll(async () => {
  await tf.setBackend('cpu');
  everywhere = await tinyWorkplace({ window: 8, linear_scope: 'all' });
  outside = await tinyWorkplace({ window: 8, linear_scope: 'outside_window' });
  joint = await tinyWorkplace({ window: 8, linear_scope: 'outside_window', mix: 'joint' });
  allKeys = await ablated(everywhere);
  outsideKeys = await ablated(outside);
});

afterAll(async () => {
  for (const place of [everywhere, outside, joint]) await place.remove();
});

const tasks = [
  component('task', 'perplexity', { data: { stage: 'data' }, sequences: 3 }),
  component('task', 'recall', { distance: 20, pairs: 3, items: 4, gap: 1 }),
];

function options(settings: JsonObject = {}): JsonObject {
  return completed(ablate, { model: { stage: 'hybrid' }, tasks, batch_size: 2, ...settings });
}

interface Ablated {
  readonly events: readonly StageEvent[];
  readonly report: JsonObject;
  readonly context: TestContext;
}

async function ablated(place: Workplace, settings: JsonObject = {}): Promise<Ablated> {
  const context = place.context();
  await mkdir(context.folder, { recursive: true });
  const events = await collected(new Ablate().run(options(settings), context));
  return { events, report: await jsonFile(join(context.folder, 'report.json')), context };
}

async function jsonFile(file: string): Promise<JsonObject> {
  const value: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (!isJsonObject(value)) throw new Error(`${file} holds no object`);
  return value;
}

function metricsOf(events: readonly StageEvent[]): ReadonlyMap<string, number> {
  return new Map(events.flatMap((event) => (event.type === 'metric' ? [[event.name, event.value]] : [])));
}

/** The results of a task's branch in report.json. */
function branchOf(report: JsonObject, task: string, branch: string): JsonObject {
  const found = (report['tasks'] as JsonObject[]).find(({ name }) => name === task);
  const branches = found?.['branches'] as JsonObject[];
  const result = branches.find((entry) => entry['branch'] === branch);
  if (result === undefined) throw new Error(`no ${branch} on ${task}`);
  return result;
}

test.each(['all', 'outside_window'] as const)(
  'with the linear scope %s, exactly the declared metrics are emitted, each once',
  (scope) => {
    const { events } = scope === 'all' ? allKeys : outsideKeys;
    const emitted = events.flatMap((event) => (event.type === 'metric' ? [event.name] : []));
    const declared = ablate.metrics(options()).map(({ name }) => name);
    expect([...emitted].sort()).toEqual([...declared].sort());
    expect(declared).toContain('linear_all.recall.accuracy');
    expect(declared).toContain('teacher.perplexity.perplexity');
  },
);

test('the last event is the output, with a table of one row a branch', () => {
  const { events } = outsideKeys;
  const last = events.at(-1);
  if (last?.type !== 'output') throw new Error('no output');
  const [table] = last.summary['tables'] as JsonObject[];
  expect(table?.['title']).toBe('diagnosis: what each branch does alone');
  expect((table?.['rows'] as string[][]).map(([name]) => name)).toEqual([
    'SWA + LA',
    'SWA only',
    'LA only',
    'LA only, all keys',
    'sinks only',
    'no attention',
    'teacher',
  ]);
  expect((table?.['columns'] as JsonObject[]).map(({ name }) => name)).toEqual([
    'branch',
    'perplexity',
    '× SWA + LA [95 %]',
    'recall',
    '− SWA + LA [95 %]',
    'recovery',
  ]);
});

test('all branches are measured on the same items', () => {
  const { report } = allKeys;
  const ids = ['both', 'window', 'linear', 'sinks', 'none', 'teacher'].map((branch) =>
    (branchOf(report, 'recall', branch)['items'] as JsonObject[]).map(({ id }) => id),
  );
  expect(new Set(ids.map((list) => JSON.stringify(list))).size).toBe(1);
  expect(ids[0]).toEqual(['sequence-0', 'sequence-1', 'sequence-2', 'sequence-3']);
});

test('a linear branch over all keys is measured once, under both of its names', () => {
  const { events, report } = allKeys;
  const metrics = metricsOf(events);
  expect(metrics.get('linear_all.perplexity.loss')).toBe(metrics.get('linear.perplexity.loss'));
  expect(() => branchOf(report, 'perplexity', 'linear_all')).toThrow('no linear_all');
});

test('branches that compute different things have different losses', () => {
  const { events } = outsideKeys;
  const metrics = metricsOf(events);
  const losses = ['both', 'window', 'linear', 'linear_all', 'sinks', 'none', 'teacher'].map((branch) =>
    metrics.get(`${branch}.perplexity.loss`),
  );
  expect(new Set(losses).size).toBe(losses.length);
  expect(losses.every((loss) => Number.isFinite(loss))).toBe(true);
});

test('the perplexity is exp of the loss, and the loss is the mean over the items', () => {
  const { events, report } = allKeys;
  const metrics = metricsOf(events);
  const items = branchOf(report, 'perplexity', 'both')['items'] as JsonObject[];
  const mean = items.reduce((sum, { loss }) => sum + Number(loss), 0) / items.length;
  expect(metrics.get('both.perplexity.loss')).toBeCloseTo(mean, 12);
  expect(metrics.get('both.perplexity.perplexity')).toBeCloseTo(Math.exp(mean), 8);
});

test('renormalise changes a branch alone, not both', async () => {
  const plain = metricsOf((await ablated(everywhere, { renormalise: false })).events);
  const scaled = metricsOf(allKeys.events);
  expect(plain.get('both.perplexity.loss')).toBe(scaled.get('both.perplexity.loss'));
  expect(plain.get('window.perplexity.loss')).not.toBe(scaled.get('window.perplexity.loss'));
  expect(plain.get('linear.perplexity.loss')).not.toBe(scaled.get('linear.perplexity.loss'));
});

test('a recall task inside the window is not applicable to a linear branch that only sees outside it', async () => {
  const wide = await tinyWorkplace({ window: 64, linear_scope: 'outside_window' });
  const near = [component('task', 'recall', { distance: 1, pairs: 2, items: 4, gap: 0 })];
  const { events, report } = await ablated(wide, { tasks: near });
  expect(branchOf(report, 'recall', 'linear')['applicable']).toBe(false);
  expect(branchOf(report, 'recall', 'linear_all')['applicable']).toBe(true);
  const signatures = report['signatures'] as JsonObject[];
  expect(signatures.map(({ code, branch, verdict }) => [code, branch, verdict])).toContainEqual([
    'linear-collapsed',
    'linear',
    'not applicable',
  ]);
  const output = events.at(-1);
  if (output?.type !== 'output') throw new Error('no output');
  const [table] = output.summary['tables'] as JsonObject[];
  expect((table?.['rows'] as string[][])[2]).toEqual(['LA only', 'no keys', 'no keys', 'no keys']);
  expect((table?.['notes'] as string[]).join(' ')).not.toMatch(/LA only ~ no attention/);
  await wide.remove();
});

test('report.json has the form of its schema, with and without a gate', async () => {
  const require = {
    op: '<',
    left: { op: 'metric', name: 'both.recall.loss' },
    right: { op: 'number', value: 0 },
  };
  const judged = await ablated(joint, { require });
  const validate = new Ajv({ allErrors: true }).compile(ablationReportSchema);
  for (const { report } of [allKeys, outsideKeys, judged]) {
    validate(report);
    expect(validate.errors).toBeNull();
  }
  expect(validate({ ...allKeys.report, more: 1 })).toBe(false);
  expect(validate({ ...allKeys.report, renormalise: undefined })).toBe(false);
});

test('coverage and the share of the linear branch are reported', async () => {
  const { report } = await ablated(joint);
  const task = (report['tasks'] as JsonObject[])[0];
  // Rows of 48 tokens: 47 scored positions each, the first 8 of which have no key outside the window of 8.
  expect(task?.['coverage']).toEqual({
    scored_positions: 141,
    with_linear_keys: 117,
    beyond_window: 117,
    items: 3,
    items_longer_than_window: 3,
    items_longer_than_two_windows: 3,
  });
  const share = report['linear_share'] as JsonObject;
  expect(share['dynamic_mix']).toBe(true);
  const layers = share['layers'] as JsonObject[];
  expect(layers.map(({ layer }) => layer)).toEqual([0, 1]);
  for (const { by_weight } of layers) {
    expect(by_weight).toBeGreaterThan(0);
    expect(by_weight).toBeLessThan(1);
  }
});

test('a requirement is judged with paired errors and explained in words', async () => {
  const require = {
    op: '>=',
    left: { op: 'metric', name: 'linear.perplexity.loss' },
    right: {
      op: '+',
      left: { op: 'metric', name: 'both.perplexity.loss' },
      right: { op: 'standard-errors', value: 1000 },
    },
  };
  const { events, report } = await ablated(everywhere, { require });
  const gate = events.find((event) => event.type === 'gate');
  if (gate?.type !== 'gate') throw new Error('no gate');
  expect(gate.condition).toBe('linear.perplexity.loss >= both.perplexity.loss + 1000 se');
  expect(gate.met).toBe(false);
  expect(gate.explanation).toMatch(
    /^linear\.perplexity\.loss is \d+\.\d\d ± \d\.\d\d, both\.perplexity\.loss is \d+\.\d\d ± \d\.\d\d\. /,
  );
  expect(report['gate']).toEqual({ condition: gate.condition, met: false, explanation: gate.explanation });
  expect(events.at(-1)?.type).toBe('output');
});

test('the same seed gives the same report, to the byte', async () => {
  const first = outsideKeys;
  const second = await ablated(outside);
  for (const file of ['report.json', 'items.jsonl', 'report.md'])
    expect(await readFile(join(first.context.folder, file), 'utf8')).toBe(
      await readFile(join(second.context.folder, file), 'utf8'),
    );
});

test.each([0, 1, 5, 13])(
  'stopped after %i batches and resumed, the report is the same to the byte',
  async (batches) => {
    const whole = outsideKeys;
    const checkpoints = new TestCheckpoints(join(outside.folder, `checkpoints-${batches}`));
    const controller = new AbortController();
    const stopped = outside.context({ checkpoints, signal: controller.signal });
    const seen: StageEvent[] = [];
    if (batches === 0) controller.abort();
    for await (const event of new Ablate().run(options(), stopped)) {
      seen.push(event);
      if (seen.filter(({ type }) => type === 'progress').length === batches) controller.abort();
    }
    expect(seen.at(-1)?.type).toBe('checkpoint');
    expect(seen.filter(({ type }) => type === 'progress')).toHaveLength(batches);
    const resumed = outside.context({ checkpoints });
    await mkdir(resumed.folder, { recursive: true });
    const rest = await collected(new Ablate().run(options(), resumed));
    expect(rest.filter(({ type }) => type === 'progress')).toHaveLength(28 - batches);
    expect(await readFile(join(resumed.folder, 'report.json'), 'utf8')).toBe(
      await readFile(join(whole.context.folder, 'report.json'), 'utf8'),
    );
  },
);

test('no tensor is left behind, on success, on failure and when cancelled', async () => {
  const before = tf.memory().numTensors;
  await ablated(joint);
  expect(tf.memory().numTensors).toBe(before);
  await expect(ablated(joint, { model: { stage: 'teacher' } })).rejects.toThrow();
  expect(tf.memory().numTensors).toBe(before);
  const controller = new AbortController();
  controller.abort();
  await collected(new Ablate().run(options(), joint.context({ signal: controller.signal })));
  expect(tf.memory().numTensors).toBe(before);
});

test('a model that was not converted has no branches, and the message says what to name', async () => {
  await expect(ablated(everywhere, { model: { stage: 'teacher' } })).rejects.toThrow(
    'The model "teacher" was not converted, so it has no branches. Name the output of a "convert", "transfer" or ' +
      '"finetune" stage; to measure the teacher itself, use "evaluate".',
  );
});

test('data from another tokenizer is refused', async () => {
  const place = await tinyWorkplace({ window: 8, linear_scope: 'all' });
  const file = join(place.folder, 'data', 'dataset.json');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace(/"tokenizer": "[0-9a-f]+"/, '"tokenizer": "other"'),
  );
  await expect(ablated(place)).rejects.toThrow(
    'The data set "data" was made with another tokenizer than that of the model. Name the model as the "tokenizer" of ' +
      'the data set.',
  );
  await rm(place.folder, { recursive: true });
});

test('a recall task that is longer than the context of the model says why', async () => {
  const long = [component('task', 'recall', { distance: 90, items: 2 })];
  await expect(ablated(everywhere, { tasks: long })).rejects.toThrow(
    /^The task "recall" needs sequences of \d+ tokens for 8 pairs at a distance of 90 tokens; the model was made for 96\. Ask/,
  );
});

test('text of a recall task can come from held-out rows, and they must suffice', async () => {
  const fromData = (distance: number): JsonObject => ({
    tasks: [component('task', 'recall', { distance, pairs: 2, items: 2, data: { stage: 'data' } })],
    branches: [component('branch', 'both')],
  });
  const { report } = await ablated(everywhere, fromData(30));
  expect(branchOf(report, 'recall', 'teacher')['items']).toHaveLength(2);
  await expect(ablated(everywhere, fromData(1000))).rejects.toThrow(
    /^The task "recall" cannot be made\. The sequence needs \d+ more tokens of text; \d+ are left\. Ask for fewer "pairs"/,
  );
});
