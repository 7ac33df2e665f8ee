import { expect, test } from 'vitest';
import type { TaskResults } from '../../../src/plugins/evaluation/measurement.js';
import { hybridReference, resultTables } from '../../../src/plugins/evaluation/result-table.js';
import { tablesMarkdown } from '../../../src/plugins/evaluation/table-markdown.js';
import { plainPalette as palette } from '../../../src/report/palette.js';
import { renderTable } from '../../../src/report/render-table.js';

function task(
  name: string,
  metrics: TaskResults['metrics'],
  branches: Readonly<
    Record<string, { readonly losses: readonly number[]; readonly accuracies: readonly number[] }>
  >,
): TaskResults {
  return {
    name,
    metrics,
    items: [],
    branches: new Map(
      Object.entries(branches).map(([branch, { losses, accuracies }]) => [
        branch,
        losses.map((loss, index) => ({ id: String(index), loss, accuracy: accuracies[index]!, answers: [] })),
      ]),
    ),
  };
}

const results = {
  both: { losses: [3, 3.5, 4, 3.3], accuracies: [0.75, 0.875, 0.625, 0.75] },
  window: { losses: [4, 4.6, 5.2, 4.2], accuracies: [0, 0.125, 0, 0] },
  linear: { losses: [10.5, 10.9, 11.2, 10.6], accuracies: [0.625, 0.75, 0.5, 0.75] },
  teacher: { losses: [2.9, 3.3, 3.9, 3.2], accuracies: [0.875, 1, 0.875, 1] },
};
const perplexity = task('perplexity', ['loss', 'perplexity'], results);
const recall = task('recall', ['accuracy', 'loss'], results);

const content = {
  title: 'diagnosis: what each branch does alone',
  branches: [
    { name: 'both', title: 'SWA + LA' },
    { name: 'window', title: 'SWA only' },
    { name: 'linear', title: 'LA only' },
    { name: 'teacher', title: 'teacher' },
  ],
  reference: hybridReference,
  applicable: () => true,
  notes: ['A note.'],
};

// Mean losses 3.45, 4.5, 10.8, 3.325; paired differences from SWA + LA 1.05, 7.35 and -0.125 nats.
test('the whole table, as it is printed', () => {
  const [table] = resultTables({ ...content, tasks: [perplexity, recall] });
  expect(renderTable(table!, 110, palette).join('\n')).toBe(`\
diagnosis: what each branch does alone

branch     perplexity       × SWA + LA [95 %]        recall      − SWA + LA [95 %]   recovery
─────────────────────────────────────────────────────────────────────────────────────────────
SWA + LA        31.50                           0.75 ± 0.05                              80 %
SWA only        90.02      ×2.86 [2.52, 3.24]   0.03 ± 0.03   −0.72 [−0.78, −0.66]        3 %
LA only        49,021   ×1,556 [1,371, 1,766]   0.66 ± 0.06   −0.09 [−0.15, −0.03]       70 %
teacher         27.80      ×0.88 [0.84, 0.93]   0.94 ± 0.04   +0.19 [+0.12, +0.26]      100 %

A note.`);
});

test('a branch without keys shows so instead of numbers', () => {
  const [table] = resultTables({
    ...content,
    tasks: [perplexity, recall],
    applicable: (branch, name) => !(branch === 'linear' && name === 'recall'),
  });
  expect(table?.rows[2]?.slice(3)).toEqual(['no keys', 'no keys', 'no keys']);
  expect(table?.rows[2]?.[1]).toBe('49,021');
});

test('text alone recovers by perplexity: the teacher’s over the branch’s', () => {
  const [table] = resultTables({ ...content, tasks: [perplexity] });
  expect(table?.columns.map(({ name }) => name)).toEqual([
    'branch',
    'perplexity',
    '× SWA + LA [95 %]',
    'recovery',
  ]);
  expect(table?.rows.map((row) => row[3])).toEqual(['88 %', '31 %', '0.1 %', '100 %']);
});

test('more than two tasks make more than one table, with the notes below the last', () => {
  const far = { ...recall, name: 'far' };
  const tables = resultTables({ ...content, tasks: [perplexity, recall, far] });
  expect(tables.map(({ notes }) => notes)).toEqual([[], ['A note.']]);
  expect(tables[1]?.columns.map(({ name }) => name)).toEqual([
    'branch',
    'far',
    '− SWA + LA [95 %]',
    'recovery',
  ]);
});

test('Markdown has the same cells and notes', () => {
  const tables = resultTables({ ...content, tasks: [recall], branches: content.branches.slice(0, 2) });
  expect(tablesMarkdown(tables)).toBe(`\
## diagnosis: what each branch does alone

| branch | recall | − SWA + LA [95 %] | recovery |
| --- | ---: | ---: | ---: |
| SWA + LA | 0.75 ± 0.05 |  | 80 % |
| SWA only | 0.03 ± 0.03 | −0.72 [−0.78, −0.66] | 3 % |

- A note.
`);
});
