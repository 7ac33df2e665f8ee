import { expect, test } from 'vitest';
import { itemResult, type TaskResults } from '../../../src/plugins/evaluation/measurement.js';
import { needleTables } from '../../../src/plugins/evaluation/needle-table.js';
import type { SequenceItem } from '../../../src/plugins/evaluation/task-item.js';
import { taskReport } from '../../../src/plugins/evaluation/task-report.js';

/** An item with answers of two tokens and of one. */
function item(id: string, length: number, depth: number): SequenceItem {
  return {
    id,
    tokens: [1, 2, 3, 4],
    scored: [5, 6, 7].map((target, position) => ({ position, target })),
    answerLengths: [2, 1],
    chance: 0.1,
    needle: { length, depth, distance: 9 },
  };
}

const places = [
  [128, 0],
  [128, 0],
  [128, 0.5],
  [256, 0],
  [256, 0.5],
] as const;
const items = places.map(([length, depth], index) => item(`item-${index}`, length, depth));

/** What a branch says to every item: these tokens. */
function answering(...answers: readonly (readonly number[])[]): TaskResults['branches'] {
  return new Map([
    [
      'teacher',
      items.map((asked, index) =>
        itemResult(asked, [{ logProbabilities: [-1, -2, -4], answers: answers[index] ?? [] }]),
      ),
    ],
  ]);
}

const task: TaskResults = {
  name: 'passkey',
  metrics: ['accuracy', 'loss'],
  items,
  branches: answering([5, 6, 7], [5, 0, 7], [5, 6, 0], [0, 0, 0], [5, 6, 7]),
};

test('an answer of several tokens is right as a whole, and its log-likelihood is told', () => {
  const results = task.branches.get('teacher')!;
  expect(results.map(({ accuracy }) => accuracy)).toEqual([1, 0.5, 0.5, 0, 1]);
  expect(results[0]).toMatchObject({ loss: 7 / 3, logLikelihoods: [-3, -4], answers: [5, 6, 7] });
});

test('the table has a row for each branch and length, and a column for each depth', () => {
  expect(needleTables('diagnosis', [task])).toEqual([
    {
      title: 'diagnosis: passkey by length and depth',
      columns: [
        { name: 'branch', align: 'left' },
        { name: 'tokens', align: 'right' },
        { name: 'depth 0 %', align: 'right' },
        { name: 'depth 50 %', align: 'right' },
      ],
      rows: [
        ['teacher', '128', '0.75', '0.50'],
        ['teacher', '256', '0.00', '1.00'],
      ],
      notes: [],
    },
  ]);
});

test('a task that hides nothing, or always in the same place, has no such table', () => {
  const { id, tokens, scored } = items[0]!;
  const plain = { id, tokens, scored };
  expect(needleTables('diagnosis', [{ ...task, items: items.map(() => plain) }])).toEqual([]);
  expect(needleTables('diagnosis', [{ ...task, items: items.slice(0, 2) }])).toEqual([]);
});

test('the report has the place of every item, and estimates by place', () => {
  const report = taskReport(task) as unknown as {
    readonly chance: number;
    readonly items: readonly object[];
    readonly branches: readonly { readonly by_length_and_depth: readonly object[] }[];
  };
  expect(report.chance).toBeCloseTo(0.1, 12);
  expect(report.items[2]).toEqual({
    id: 'item-2',
    tokens: 4,
    targets: [5, 6, 7],
    needle: { length: 128, depth: 0.5, distance: 9 },
  });
  expect(report.branches[0]?.by_length_and_depth[0]).toEqual({
    length: 128,
    depth: 0,
    accuracy: { value: 0.75, standard_error: 0.25, items: 2 },
  });
  expect(report.branches[0]?.by_length_and_depth).toHaveLength(4);
});
