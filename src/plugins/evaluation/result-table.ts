import type { JsonObject } from '../../base/json.js';
import {
  estimateMean,
  pairedDifference,
  perplexity,
  perplexityRatio,
  recovery,
} from '../../model/statistics.js';
import { bothName, teacherName, type MeasuredBranch } from './branch.js';
import { metricItems, perplexityLosses, type ItemResult, type TaskResults } from './measurement.js';
import { differenceText, estimateText, percentText, ratioText, significantText } from './number-text.js';

/** A table as a stage hands it to whoever displays it: text cells, and notes in words below. */
export interface Table extends JsonObject {
  readonly title: string;
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** The head of one column. */
export interface TableColumn extends JsonObject {
  readonly name: string;
  readonly align: 'left' | 'right';
}

/** What a table shows. */
export interface TableContent {
  readonly title: string;
  readonly branches: readonly MeasuredBranch[];
  readonly tasks: readonly TaskResults[];
  /** The branch that the others are compared with, paired by item, where it was measured. */
  readonly reference: MeasuredBranch;
  /** Whether a branch has anything to say on a task; where not, its cells say so instead of showing numbers. */
  readonly applicable: (branch: string, task: string) => boolean;
  readonly notes: readonly string[];
}

/** Columns with values beside the names of branches, so that a table fits a terminal of 110 columns. */
const widestTable = 6;

/** One row a branch, a few columns a task; as many tables as the tasks need. The notes follow the last one. */
export function resultTables(content: TableContent): readonly Table[] {
  const groups = sideBySide(content);
  return groups.map((tasks, index) => resultTable(content, tasks, index === groups.length - 1));
}

function sideBySide({ tasks, reference }: TableContent): readonly (readonly TaskResults[])[] {
  const groups: { readonly tasks: TaskResults[]; columns: number }[] = [];
  for (const task of tasks) {
    // The column of recovery included.
    const columns = valueColumns(task, reference).length + (task.branches.size > 1 ? 1 : 0);
    const last = groups.at(-1);
    if (last === undefined || last.columns + columns > widestTable) groups.push({ tasks: [task], columns });
    else {
      last.tasks.push(task);
      last.columns += columns;
    }
  }
  return groups.map((group) => group.tasks);
}

function resultTable(content: TableContent, tasks: readonly TaskResults[], last: boolean): Table {
  const judgedTasks = tasks.filter(isJudged);
  const columns = tasks.flatMap((task) => [
    ...valueColumns(task, content.reference),
    ...((isJudged(task) || judgedTasks.length === 0) &&
    task.branches.size > 1 &&
    task.branches.has(teacherName)
      ? [recoveryColumn(task)]
      : []),
  ]);
  return {
    title: content.title,
    columns: [
      { name: 'branch', align: 'left' },
      ...columns.map(({ name }): TableColumn => ({ name, align: 'right' })),
    ],
    rows: content.branches.map(({ name, title }) => [
      title,
      ...columns.map((column) => cellOf(content, column, name)),
    ]),
    notes: last ? content.notes : [],
  };
}

interface Column {
  readonly name: string;
  readonly task: TaskResults;
  readonly cell: (items: readonly ItemResult[], branch: string) => string;
}

function cellOf(content: TableContent, column: Column, branch: string): string {
  const items = column.task.branches.get(branch);
  if (items === undefined) return '';
  return content.applicable(branch, column.task.name) ? column.cell(items, branch) : 'no keys';
}

/** Whether answers are compared with targets. */
function isJudged(task: TaskResults): boolean {
  return task.metrics.includes('accuracy');
}

function valueColumns(task: TaskResults, reference: MeasuredBranch): readonly Column[] {
  const compared = task.branches.get(reference.name);
  const judged = isJudged(task);
  const value: Column = {
    name: task.name,
    task,
    cell: judged
      ? (items) => estimateText(estimateMean(accuracies(items)))
      : (items) => significantText(perplexity(perplexityLosses(task, items)).value),
  };
  const norm: readonly Column[] = task.metrics.includes('accuracy_norm')
    ? [
        {
          name: 'norm',
          task,
          cell: (items) => estimateText(estimateMean(metricItems('accuracy_norm', items))),
        },
      ]
    : [];
  if (compared === undefined || task.branches.size < 2) return [value, ...norm];
  const difference: Column = {
    name: `${judged ? '−' : '×'} ${reference.title} [95 %]`,
    task,
    cell: (items, branch) => {
      if (branch === reference.name) return '';
      return judged
        ? differenceText(pairedDifference(accuracies(items), accuracies(compared)))
        : ratioText(perplexityRatio(perplexityLosses(task, items), perplexityLosses(task, compared)));
    },
  };
  return [value, difference, ...norm];
}

function recoveryColumn(task: TaskResults): Column {
  return {
    name: 'recovery',
    task,
    cell: (items) => {
      const share = teacherRecovery(task, items);
      return share === undefined ? '' : percentText(share);
    },
  };
}

/**
 * The share of the teacher's score that a branch recovers: its accuracy over the teacher's or, for text, the teacher's
 * perplexity over its own. Undefined where the teacher was not measured.
 */
export function teacherRecovery(task: TaskResults, items: readonly ItemResult[]): number | undefined {
  const teacher = task.branches.get(teacherName);
  if (teacher === undefined) return undefined;
  return isJudged(task)
    ? recovery(estimateMean(accuracies(items)).value, estimateMean(accuracies(teacher)).value, 'higher')
    : recovery(
        perplexity(perplexityLosses(task, items)).value,
        perplexity(perplexityLosses(task, teacher)).value,
        'lower',
      );
}

/** The reference of an ablation. */
export const hybridReference: MeasuredBranch = { name: bothName, title: 'SWA + LA' };

function accuracies(items: readonly ItemResult[]): readonly number[] {
  return items.map(({ accuracy }) => accuracy);
}
