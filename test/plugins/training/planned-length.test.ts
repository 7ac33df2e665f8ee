import { expect, test } from 'vitest';
import type { Condition, Quantity } from '../../../src/base/condition.js';
import { checkPlannedLength, plannedSteps } from '../../../src/plugins/training/planned-length.js';

const metric = (name: string): Quantity => ({ op: 'metric', name });
const number = (value: number): Quantity => ({ op: 'number', value });
const atLeast = (name: string, value: number): Condition => ({
  op: '>=',
  left: metric(name),
  right: number(value),
});
const plateau: Condition = { op: 'plateau', metric: 'validation.loss', evals: 3 };

test.each<{ name: string; stop: Condition; steps: number | undefined }>([
  { name: 'steps >= 7', stop: atLeast('steps', 7), steps: 7 },
  { name: 'steps > 7', stop: { op: '>', left: metric('steps'), right: number(7) }, steps: 8 },
  { name: '7 <= steps', stop: { op: '<=', left: number(7), right: metric('steps') }, steps: 7 },
  { name: 'epochs >= 2', stop: atLeast('epochs', 2), steps: 60 },
  { name: 'epochs >= 0.1', stop: atLeast('epochs', 0.1), steps: 3 },
  { name: 'epochs >= 0.01', stop: atLeast('epochs', 0.01), steps: 1 },
  {
    name: 'or takes the nearer bound',
    stop: { op: 'or', left: atLeast('epochs', 2), right: atLeast('steps', 7) },
    steps: 7,
  },
  { name: 'or with what sets none', stop: { op: 'or', left: plateau, right: atLeast('steps', 7) }, steps: 7 },
  {
    name: 'and takes the farther bound',
    stop: { op: 'and', left: atLeast('epochs', 2), right: atLeast('steps', 7) },
    steps: 60,
  },
  {
    name: 'and with what sets none',
    stop: { op: 'and', left: plateau, right: atLeast('steps', 7) },
    steps: undefined,
  },
  { name: 'plateau', stop: plateau, steps: undefined },
  { name: 'another metric', stop: atLeast('train.loss', 7), steps: undefined },
])('$name', ({ stop, steps }) => {
  expect(plannedSteps(stop, 30)).toBe(steps);
});

test('a stop without a bound is a mistake in the file, placed at "stop"', () => {
  expect(checkPlannedLength({ stop: plateau })).toEqual([
    {
      pointer: '/stop',
      keyword: 'rule',
      message:
        'This condition may never hold, so training might not end. Add a bound on its length: "or epochs >= 2", or ' +
        '"or steps >= 1000".',
    },
  ]);
  expect(checkPlannedLength({ stop: atLeast('steps', 7) })).toEqual([]);
});
