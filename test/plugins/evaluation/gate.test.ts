import { expect, test } from 'vitest';
import type { Condition, Quantity } from '../../../src/base/condition.js';
import { failureSignatures } from '../../../src/plugins/evaluation/failure-signatures.js';
import { gateEvent, type JudgedResults } from '../../../src/plugins/evaluation/gate.js';
import type { ItemResult, TaskResults } from '../../../src/plugins/evaluation/measurement.js';
import { trackCondition } from '../../../src/runtime/conditions.js';
import type { GateEvent, StageContext } from '../../../src/runtime/contract/stage.js';

const context = { condition: (condition: Condition) => trackCondition(condition) } as unknown as StageContext;

function items(accuracies: readonly number[]): readonly ItemResult[] {
  return accuracies.map((accuracy, index) => ({
    id: String(index),
    accuracy,
    loss: 5 - 4 * accuracy,
    answers: [index, index + 1, index + 2],
  }));
}

const hard = [0.1, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6];

/** Every branch follows the difficulty of the items, so that paired differences are far tighter than each alone. */
function recall(shifts: Readonly<Record<string, number>>, scale = 1): TaskResults {
  return {
    name: 'recall',
    metrics: ['accuracy', 'loss'],
    items: hard.map((_, index) => ({
      id: String(index),
      tokens: Array<number>(40).fill(0),
      scored: [1, 2, 3].map((target) => ({ position: 30, target: target + 20 })),
    })),
    branches: new Map(
      Object.entries(shifts).map(([name, shift]) => [
        name,
        items(hard.map((value, index) => scale * value + shift + (index % 2) * 0.001)),
      ]),
    ),
  };
}

function judged(task: TaskResults, condition: Condition, applicable = (): boolean => true): GateEvent {
  const scope = { window: 16, linearScope: 'all' } as const;
  const results: JudgedResults = {
    tasks: [task],
    signatures: failureSignatures({ tasks: [task], scope }),
    metricNames: (branch, name, metric) => [`${branch}.${name}.${metric}`],
    applicable,
  };
  const gate = gateEvent(condition, context, results);
  if (gate === undefined) throw new Error('no gate');
  return gate;
}

const metric = (name: string): Quantity => ({ op: 'metric', name });
const errors = (value: number): Quantity => ({ op: 'standard-errors', value });

test('nothing is judged where nothing is required', () => {
  expect(gateEvent(undefined, context, {} as JudgedResults)).toBeUndefined();
});

test('se is the standard error of the paired difference, not of the metrics on their own', () => {
  // Each accuracy has a standard error of 0.1; their difference of 0.05 has 0.0000.
  const task = recall({ both: 0.05, window: 0, linear: 0 });
  const gate = judged(task, {
    op: '>',
    left: metric('both.recall.accuracy'),
    right: { op: '+', left: metric('window.recall.accuracy'), right: errors(2) },
  });
  expect(gate.met).toBe(true);
  expect(gate.condition).toBe('both.recall.accuracy > window.recall.accuracy + 2 se');
});

test('a collapsed branch fails the gate with the name of the failure and the remedy', () => {
  const collapsed: TaskResults = {
    ...recall({}),
    branches: new Map(
      Object.entries({ both: 0.7, window: 0.7, linear: 0.01, none: 0.01, teacher: 0.9 }).map(
        ([name, centre]) => [name, items(hard.map((_, index) => centre + (index % 2) * 0.01))],
      ),
    ),
  };
  const gate = judged(collapsed, {
    op: '>=',
    left: metric('linear.recall.accuracy'),
    right: { op: '*', left: { op: 'number', value: 0.8 }, right: metric('both.recall.accuracy') },
  });
  expect(gate).toEqual({
    type: 'gate',
    condition: 'linear.recall.accuracy >= 0.8 * both.recall.accuracy',
    met: false,
    explanation:
      'linear.recall.accuracy is 0.01 ± 0.00, both.recall.accuracy is 0.70 ± 0.00. ' +
      'LA only ~ no attention on recall (LA only 0.01 ± 0.00 against 0.01 ± 0.00 without attention): ' +
      'the linear branch has collapsed. ' +
      'SWA only ~ SWA + LA on recall (0.70 ± 0.00 against 0.70 ± 0.00): the linear branch contributes nothing there. ' +
      'To mend it: transfer with objective = attention_weights, drop the window at random while fine-tuning ' +
      '(window_dropout), and stop early.',
  });
});

test('a condition that holds although the branch has collapsed says so', () => {
  const nothing = recall({ both: 0, window: 0, linear: 0, none: 0, teacher: 0.5 }, 0.001);
  const gate = judged(nothing, {
    op: '>=',
    left: metric('linear.recall.accuracy'),
    right: { op: '*', left: { op: 'number', value: 0.8 }, right: metric('both.recall.accuracy') },
  });
  expect(gate.met).toBe(true);
  expect(gate.explanation).toMatch(
    /The condition holds; these failure signatures were found all the same\. LA only ~ no attention/,
  );
});

test('a gate can fail without any signature', () => {
  const good = recall({ both: 0, window: -0.09, linear: -0.02, none: -0.1, teacher: 0.05 }, 1);
  const gate = judged(good, {
    op: '>=',
    left: metric('linear.recall.accuracy'),
    right: { op: 'number', value: 0.9 },
  });
  expect(gate.met).toBe(false);
  expect(gate.explanation).toBe(
    'linear.recall.accuracy is 0.48 ± 0.10. No failure signature was found: the branches work, but not as well as ' +
      'required.',
  );
});

test('without anything looked for, as in an evaluation of one model, no branch is said to work', () => {
  const task = recall({ both: 0 });
  const results: JudgedResults = {
    tasks: [task],
    signatures: [],
    metricNames: (_branch, name, metric) => [`${name}.${metric}`],
    applicable: () => true,
  };
  const gate = gateEvent(
    { op: '>=', left: metric('recall.accuracy'), right: { op: 'number', value: 0.9 } },
    context,
    results,
  );
  expect(gate?.explanation).toBe('recall.accuracy is 0.50 ± 0.10.');
});

test('a branch without keys by construction is named, whatever its value', () => {
  const task = recall({ linear: 0, none: 0, teacher: 0.1 });
  const gate = judged(
    task,
    { op: '>=', left: metric('linear.recall.accuracy'), right: { op: 'number', value: 0.1 } },
    () => false,
  );
  expect(gate.explanation).toContain(
    'linear on recall is not applicable: no keys by construction, so the value says nothing about it.',
  );
});

test('a metric that was not measured does not pass', () => {
  const gate = judged(recall({ both: 0 }), {
    op: '<',
    left: metric('window.recall.loss'),
    right: { op: 'number', value: 100 },
  });
  expect(gate.met).toBe(false);
  expect(gate.explanation).toMatch(/^window\.recall\.loss was not measured\./);
});
