import { branchTitle } from './branch.js';
import type { TaskResults } from './measurement.js';
import { needleEstimates } from './needle-estimates.js';
import { percentText, scoreText } from './number-text.js';
import type { Table } from './result-table.js';

/** Accuracy by depth, a row for each branch and length; none where a task hides no answers or has but one place. */
export function needleTables(stage: string, tasks: readonly TaskResults[]): readonly Table[] {
  return tasks.flatMap((task) => needleTable(stage, task));
}

function needleTable(stage: string, task: TaskResults): readonly Table[] {
  const [first] = task.branches.values();
  const places = first === undefined ? [] : needleEstimates(task, first);
  if (places.length < 2) return [];
  const lengths = [...new Set(places.map(({ length }) => length))];
  const depths = [...new Set(places.map(({ depth }) => depth))];
  const rows = [...task.branches].flatMap(([branch, items]) => {
    const estimates = needleEstimates(task, items);
    return lengths.map((length) => [
      branchTitle(branch),
      String(length),
      ...depths.map((depth) => {
        const found = estimates.find((place) => place.length === length && place.depth === depth);
        return found === undefined ? '' : scoreText(found.estimate.value);
      }),
    ]);
  });
  return [
    {
      title: `${stage}: ${task.name} by length and depth`,
      columns: [
        { name: 'branch', align: 'left' },
        { name: 'tokens', align: 'right' },
        ...depths.map((depth) => ({ name: `depth ${percentText(depth)}`, align: 'right' as const })),
      ],
      rows,
      notes: [],
    },
  ];
}
