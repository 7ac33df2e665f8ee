import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Condition, Quantity } from '../../src/base/condition.js';
import type { Json } from '../../src/base/json.js';
import { metricsOf, trackCondition } from '../../src/runtime/conditions.js';
import type { MetricValue } from '../../src/runtime/contract/stage.js';

const metric = (name: string): Quantity => ({ op: 'metric', name });
const number = (value: number): Quantity => ({ op: 'number', value });
const values = (record: Record<string, number | MetricValue>): Map<string, MetricValue> =>
  new Map(
    Object.entries(record).map(([name, value]) => [name, typeof value === 'number' ? { value } : value]),
  );

const converged: Condition = {
  op: 'for',
  operand: { op: '<=', left: metric('window.loss'), right: metric('both.loss') },
  evals: 2,
};

test('a comparison for N evals holds only when it held N times in a row', () => {
  const tracker = trackCondition(converged);
  const losses = [1, 3, 1, 1, 1, 3, 1];
  const held = losses.map((loss) => tracker.observe(values({ 'window.loss': loss, 'both.loss': 2 })));
  expect(held).toEqual([false, false, false, true, true, false, false]);
});

test('plateau counts evaluations since the best value, in the direction that the metric declares', () => {
  const condition: Condition = { op: 'plateau', metric: 'm', evals: 2 };
  const series = [5, 4, 4, 4.5, 3, 3];
  const falling = trackCondition(condition);
  expect(series.map((m) => falling.observe(values({ m })))).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
  const rising = trackCondition(condition, [{ name: 'm', description: 'accuracy', better: 'higher' }]);
  expect(series.map((m) => rising.observe(values({ m: -m })))).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
});

test('a plateau of values that are not numbers is a plateau', () => {
  const tracker = trackCondition({ op: 'plateau', metric: 'm', evals: 2 });
  expect([Number.NaN, Number.NaN].map((m) => tracker.observe(values({ m })))).toEqual([false, true]);
});

test('a condition on a metric that is missing or not a number is not met, and neither is its negation', () => {
  const condition: Condition = { op: '>=', left: metric('a'), right: number(0.5) };
  for (const found of [values({}), values({ a: Number.NaN })]) {
    expect(trackCondition(condition).observe(found)).toBe(false);
    expect(trackCondition({ op: 'not', operand: condition }).observe(found)).toBe(false);
  }
  const either: Condition = {
    op: 'or',
    left: condition,
    right: { op: '<', left: metric('b'), right: number(1) },
  };
  expect(trackCondition(either).observe(values({ b: 0 }))).toBe(true);
  expect(trackCondition({ ...either, op: 'and' }).observe(values({ b: 0 }))).toBe(false);
});

test('standard errors widen a comparison by the standard error of its difference, metrics being independent', () => {
  // linear >= both - 2 se, with se of the difference = hypot(0.03, 0.04) = 0.05
  const within: Condition = {
    op: '>=',
    left: metric('linear'),
    right: { op: '-', left: metric('both'), right: { op: 'standard-errors', value: 2 } },
  };
  const at = (linear: number): boolean =>
    trackCondition(within).observe(
      values({ linear: { value: linear, standardError: 0.03 }, both: { value: 0.9, standardError: 0.04 } }),
    );
  expect(at(0.801)).toBe(true);
  expect(at(0.799)).toBe(false);
});

test('standard errors of products and quotients are linearised, and paired items override independence', () => {
  const condition: Condition = {
    op: '<',
    left: { op: '/', left: metric('a'), right: metric('b') },
    right: { op: '+', left: number(1), right: { op: 'standard-errors', value: 1 } },
  };
  const seen: Record<string, number>[] = [];
  const held = trackCondition(condition).observe(values({ a: 6, b: 4 }), (weights) => {
    seen.push(Object.fromEntries(weights));
    return 0.6;
  });
  // d(a/b) = da / b - a/b^2 db
  expect(seen).toEqual([{ a: 0.25, b: -0.375 }]);
  expect(held).toBe(true);
});

test('standard errors that nobody knows leave the condition unmet', () => {
  const condition: Condition = {
    op: '<',
    left: metric('a'),
    right: { op: 'standard-errors', value: 1000 },
  };
  expect(trackCondition(condition).observe(values({ a: -5 }))).toBe(false);
});

test('a condition prints as it is written, with no more parentheses than needed', () => {
  const epochs: Condition = { op: '>=', left: metric('epochs'), right: number(1) };
  const flat: Condition = { op: 'plateau', metric: 'validation.loss', evals: 3 };
  expect(trackCondition({ op: 'or', left: epochs, right: flat }).text()).toBe(
    'epochs >= 1 or plateau(validation.loss, 3 evals)',
  );
  expect(
    trackCondition({ op: 'and', left: { op: 'or', left: epochs, right: flat }, right: converged }).text(),
  ).toBe('(epochs >= 1 or plateau(validation.loss, 3 evals)) and window.loss <= both.loss for 2 evals');
  expect(trackCondition({ op: 'not', operand: converged }).text()).toBe(
    'not (window.loss <= both.loss for 2 evals)',
  );
  const recovered: Condition = {
    op: '>=',
    left: metric('linear.recall.accuracy'),
    right: {
      op: '-',
      left: { op: '*', left: number(0.8), right: metric('both.recall.accuracy') },
      right: { op: 'standard-errors', value: 2 },
    },
  };
  expect(trackCondition(recovered).text()).toBe(
    'linear.recall.accuracy >= 0.8 * both.recall.accuracy - 2 se',
  );
  expect(metricsOf(recovered)).toEqual(['linear.recall.accuracy', 'both.recall.accuracy']);
});

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    op: fc.constantFrom('<' as const, '>=' as const),
    left: fc.constantFrom('a', 'b').map(metric),
    right: fc.integer({ min: -2, max: 2 }).map(number),
  }),
  fc.record({ op: fc.constant('plateau' as const), metric: fc.constantFrom('a', 'b'), evals: fc.nat(3) }),
);
const anyCondition: fc.Arbitrary<Condition> = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), left: tie('tree'), right: tie('tree') }),
    fc.record({ op: fc.constant('not' as const), operand: tie('tree') }),
    fc.record({
      op: fc.constant('for' as const),
      operand: tie('tree'),
      evals: fc.integer({ min: 1, max: 3 }),
    }),
  ),
})).tree;

test('a tracker restored from its state through JSON goes on exactly as the one that was never stopped', () => {
  const evaluation = fc.record({ a: fc.integer({ min: -3, max: 3 }), b: fc.integer({ min: -3, max: 3 }) });
  fc.assert(
    fc.property(anyCondition, fc.array(evaluation), fc.array(evaluation), (condition, before, after) => {
      const unbroken = trackCondition(condition);
      for (const item of before) unbroken.observe(values(item));
      const resumed = trackCondition(condition);
      resumed.restore(JSON.parse(JSON.stringify(unbroken.state())) as Json);
      for (const item of after) {
        expect(resumed.observe(values(item))).toBe(unbroken.observe(values(item)));
      }
    }),
  );
});
