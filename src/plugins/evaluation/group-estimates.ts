import { groupedBy } from '../../base/grouped-by.js';
import { mean, pooledStandardError, standardErrorOfMean, type Estimate } from '../../model/statistics.js';
import type { ItemResult, TaskResults } from './measurement.js';

/** The accuracy on a group of a task's questions. */
export interface GroupEstimate {
  readonly name: string;
  /** Whether it is one subject, or a group of several. */
  readonly of: 'subject' | 'group';
  readonly estimate: Estimate;
}

/**
 * Accuracies of the groups that the questions of a task name, the task itself last; none where no question names one.
 * Of a group of subjects it is the mean over its questions, with the pooled standard error of lm-evaluation-harness.
 */
export function groupEstimates(task: TaskResults, items: readonly ItemResult[]): readonly GroupEstimate[] {
  const answered = task.items.flatMap((item, index) => {
    const [subject, ...groups] = 'choices' in item ? item.groups : [];
    const result = items[index];
    if (subject === undefined || result === undefined) return [];
    return [{ subject, groups: [...groups, task.name], accuracy: result.accuracy }];
  });
  const subjects = new Map(
    [...groupedBy(answered, ({ subject }) => subject)].map(([subject, all]) => [
      subject,
      all.map(({ accuracy }) => accuracy),
    ]),
  );
  const memberships = answered.flatMap(({ subject, groups }) => groups.map((group) => ({ group, subject })));
  const members = [...groupedBy(memberships, ({ group }) => group)];
  const whole = members.sort(([a], [b]) => Number(a === task.name) - Number(b === task.name));
  return [
    ...[...subjects].map(([name, values]) => ({
      name,
      of: 'subject' as const,
      estimate: estimate([values], standardErrorOfMean(values)),
    })),
    ...whole.map(([name, belonging]) => {
      const names = new Set(belonging.map(({ subject }) => subject));
      const parts = [...names].map((subject) => subjects.get(subject) ?? []);
      return { name, of: 'group' as const, estimate: estimate(parts, pooledStandardError(parts)) };
    }),
  ];
}

function estimate(parts: readonly (readonly number[])[], standardError: number): Estimate {
  const values = parts.flat();
  return { value: mean(values), standardError, items: values.length };
}
