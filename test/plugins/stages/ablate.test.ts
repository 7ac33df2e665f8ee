import * as tf from '@tensorflow/tfjs';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import { ablationReportSchema } from '../../../src/plugins/stages/ablate/report-schema.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import { component, tinyWorkplace, type Workplace } from '../evaluation/tiny-workplace.js';
import { ablated, ablateOptions, branchOf, type Ablated } from './ablation.js';

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

function metricsOf(events: readonly StageEvent[]): ReadonlyMap<string, number> {
  return new Map(events.flatMap((event) => (event.type === 'metric' ? [[event.name, event.value]] : [])));
}

test.each(['all', 'outside_window'] as const)(
  'with the linear scope %s, exactly the declared metrics are emitted, each once',
  (scope) => {
    const { events } = scope === 'all' ? allKeys : outsideKeys;
    const emitted = events.flatMap((event) => (event.type === 'metric' ? [event.name] : []));
    const declared = ablate.metrics(ablateOptions()).map(({ name }) => name);
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
