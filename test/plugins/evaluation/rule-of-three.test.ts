import { expect, test } from 'vitest';
import { failureSignatures, type Verdict } from '../../../src/plugins/evaluation/failure-signatures.js';
import type { TaskResults } from '../../../src/plugins/evaluation/measurement.js';

/** Branches that answer every one of these items wrong, or right. */
function alike(size: number, right: Readonly<Record<string, boolean>>): TaskResults {
  const ids = Array.from({ length: size }, (_, index) => String(index));
  return {
    name: 'passkey',
    metrics: ['accuracy', 'loss'],
    items: ids.map((id) => ({ id, tokens: [1], scored: [{ position: 60, target: 1 }], answerLengths: [1] })),
    branches: new Map(
      Object.entries(right).map(([name, isRight]) => [
        name,
        ids.map((id) => ({ id, accuracy: Number(isRight), loss: 1, answers: [1] })),
      ]),
    ),
  };
}

function verdict(task: TaskResults, code: string): Verdict | undefined {
  const scope = { window: 16, linearScope: 'all' } as const;
  return failureSignatures({ tasks: [task], scope }).find((signature) => signature.code === code)?.verdict;
}

test.each([
  [12, 'not decided'],
  [30, 'not decided'],
  [31, 'present'],
])('a branch that answers none of %i items has collapsed: %s', (size, expected) => {
  const right = { both: false, window: false, linear: false, none: false, teacher: true };
  expect(verdict(alike(size, right), 'linear-collapsed')).toBe(expected);
});

test('a branch that answers every item where none is answered without attention works, with few items too', () => {
  const task = alike(8, { both: true, window: false, linear: true, none: false, teacher: true });
  expect(verdict(task, 'linear-collapsed')).toBe('absent');
  expect(verdict(task, 'linear-unused')).toBe('absent');
});
