import { expect, test } from 'vitest';
import { plainPalette } from '../../src/report/palette.js';
import { renderTable } from '../../src/report/render-table.js';
import { readTables, type ResultTable } from '../../src/report/result-table.js';
import { displayWidth } from '../../src/report/text-width.js';
import { table as written } from '../cli/recorded-runs.js';

const [table] = readTables({ tables: [written] }) as [ResultTable];

test('columns are aligned, under a rule, with the notes below', () => {
  expect(renderTable(table, 100, plainPalette).join('\n'))
    .toBe(`Branches of "recover", held-out text and recall at 64 tokens

branch         perplexity          recall    difference to SWA + LA   recovery
──────────────────────────────────────────────────────────────────────────────
teacher              6.91   0.958 ± 0.006
SWA + LA             7.42   0.921 ± 0.009                                 96 %
SWA only             9.80   0.114 ± 0.010   −0.807 [−0.829, −0.785]       12 %
LA only              8.03   0.847 ± 0.011   −0.074 [−0.091, −0.057]       88 %
no attention         61.3   0.021 ± 0.005   −0.900 [−0.917, −0.883]        2 %

± is one standard error over 1000 queries; differences are paired, with 95 % intervals.`);
});

test('where columns do not fit side by side, they stand in as few tables as hold them', () => {
  expect(renderTable({ ...table, title: '', notes: [] }, 60, plainPalette).join('\n'))
    .toBe(`branch        perplexity         recall
───────────────────────────────────────
teacher             6.91  0.958 ± 0.006
SWA + LA            7.42  0.921 ± 0.009
SWA only            9.80  0.114 ± 0.010
LA only             8.03  0.847 ± 0.011
no attention        61.3  0.021 ± 0.005

branch         difference to SWA + LA  recovery
───────────────────────────────────────────────
SWA + LA                                   96 %
SWA only      −0.807 [−0.829, −0.785]      12 %
LA only       −0.074 [−0.091, −0.057]      88 %
no attention  −0.900 [−0.917, −0.883]       2 %`);
});

test('where a column does not fit beside the first, every row is a block of its own', () => {
  const lines = renderTable({ ...table, rows: table.rows.slice(1, 3) }, 32, plainPalette);
  expect(lines.join('\n')).toBe(`Branches of "recover", held-out
text and recall at 64 tokens

SWA + LA
  perplexity              7.42
  recall                  0.921 ±
                          0.009
  recovery                96 %

SWA only
  perplexity              9.80
  recall                  0.114 ±
                          0.010
  difference to SWA + LA  −0.807
                          [−0.829,
                          −0.785]
  recovery                12 %

± is one standard error over
1000 queries; differences are
paired, with 95 % intervals.`);
});

test('wide characters take two columns and combining ones none', () => {
  const lines = renderTable(
    {
      title: '',
      columns: [
        { name: '模型', align: 'left' },
        { name: 'x', align: 'right' },
      ],
      rows: [
        ['e\u0301tude', '1'],
        ['窓', '22'],
      ],
      notes: [],
    },
    80,
    plainPalette,
  );
  expect(lines).toEqual(['模型     x', '──────────', 'e\u0301tude    1', '窓      22']);
  expect(new Set([lines[1], lines[2], lines[3]].map((line) => displayWidth(line!)))).toEqual(new Set([10]));
});

test('what is no table in a summary is left out, and short rows are filled', () => {
  expect(readTables({})).toEqual([]);
  expect(readTables({ tables: 'none' })).toEqual([]);
  expect(
    readTables({
      tables: [
        null,
        3,
        { title: 'x' },
        { columns: ['a', { name: 'b', align: 'right' }], rows: [['1'], [2, null, 'x']] },
      ],
    }),
  ).toEqual([
    {
      title: '',
      columns: [
        { name: 'a', align: 'left' },
        { name: 'b', align: 'right' },
      ],
      rows: [
        ['1', ''],
        ['2', ''],
      ],
      notes: [],
    },
  ]);
});
