import { branchTitle } from '../../evaluation/branch.js';
import type { Coverage } from '../../evaluation/coverage.js';
import type { Signature, Verdict } from '../../evaluation/failure-signatures.js';
import type { LinearShares } from '../../evaluation/linear-share.js';
import { estimateMetric, type TaskResults } from '../../evaluation/measurement.js';
import { estimateText, percentText, scoreText } from '../../evaluation/number-text.js';
import type { TaskMetric } from '../../evaluation/task.js';
import { chanceLevel, hasLongAnswers, longestSequence } from '../../evaluation/task-item.js';
import type { Ablation } from './findings.js';

/** What stands below the table, most important first: what was found, what it rests on, how to read it. */
export function ablationNotes(ablation: Ablation): readonly string[] {
  return [
    ...signatureNotes(ablation.signatures),
    ...[...ablation.coverage].map(([task, coverage]) => coverageNote(task, coverage, ablation)),
    ...ablation.tasks.flatMap((task) => longItemsNote(task, ablation)),
    ...ablation.tasks.flatMap((task) => answerLossNote(task, ablation)),
    ...chanceNote(ablation.tasks),
    ...(ablation.shares === undefined ? [] : [shareNote(ablation.shares)]),
    variantNote(ablation),
    'Brackets: 95 % intervals of differences paired by item. Recovery: accuracy over the teacher’s, or the teacher’s ' +
      'perplexity over the branch’s.',
  ];
}

const order: readonly Verdict[] = ['present', 'not decided', 'not applicable', 'absent'];

/** The signatures as sentences, those that were found first. */
function signatureNotes(signatures: readonly Signature[]): readonly string[] {
  return order.flatMap((verdict) => [
    ...new Set(
      signatures
        .filter((signature) => signature.verdict === verdict && signature.code !== 'linear-share-vanishes')
        .map(({ text }) => text),
    ),
    ...signatures
      .filter((signature) => signature.verdict === verdict && verdict === 'present')
      .filter(({ code }) => code === 'linear-share-vanishes')
      .map(({ text }) => text),
  ]);
}

function coverageNote(task: string, coverage: Coverage, { window }: Ablation): string {
  const of = (count: number, total: number): string => percentText(total === 0 ? 0 : count / total);
  return (
    `Coverage of ${task}: ${coverage.items} items, ${coverage.scored} scored positions; LA sees keys at ` +
    `${of(coverage.withKeys, coverage.scored)} of them, keys outside the window at ` +
    `${of(coverage.beyondWindow, coverage.scored)}; items of more than ${window} tokens: ` +
    `${of(coverage.longerThanWindow, coverage.items)}, of more than ${2 * window}: ` +
    `${of(coverage.longerThanTwoWindows, coverage.items)}.`
  );
}

/** Scores on the items longer than the window alone, where some are not: only there the linear branch is needed. */
function longItemsNote(task: TaskResults, { window, applicable }: Ablation): readonly string[] {
  const isLong = task.items.map((item) => longestSequence(item) > window);
  const long = isLong.filter(Boolean).length;
  if (long === 0 || long === isLong.length) return [];
  const metric: TaskMetric = task.metrics.includes('accuracy') ? 'accuracy' : 'loss';
  const scores = [...task.branches].flatMap(([branch, items]) =>
    applicable(branch, task.name)
      ? [
          `${branchTitle(branch)} ${estimateText(
            estimateMetric(
              metric,
              items.filter((_, index) => isLong[index]),
            ),
          )}`,
        ]
      : [],
  );
  return [`${metric} of ${task.name} on the ${long} items longer than the window: ${scores.join(', ')}.`];
}

/**
 * Nats per token of the right answers, where an answer is one of few choices or right as a whole alone: they tell
 * branches apart where all accuracies are alike.
 */
function answerLossNote(task: TaskResults, { applicable }: Ablation): readonly string[] {
  if (!task.items.some((item) => 'choices' in item || hasLongAnswers(item))) return [];
  const losses = [...task.branches].flatMap(([branch, items]) =>
    applicable(branch, task.name)
      ? [`${branchTitle(branch)} ${estimateText(estimateMetric('loss', items))}`]
      : [],
  );
  return [`Nats per token of the right answers of ${task.name}: ${losses.join(', ')}.`];
}

/** What guessing gives. */
function chanceNote(tasks: readonly TaskResults[]): readonly string[] {
  const levels = tasks.flatMap(({ name, items }) => {
    const chance = chanceLevel(items);
    return chance === undefined ? [] : [`${name} ${scoreText(chance)}`];
  });
  return levels.length === 0 ? [] : [`Accuracy by guessing: ${levels.join(', ')}.`];
}

function shareNote({ dynamic, layers }: LinearShares): string {
  const list = (pick: (layer: LinearShares['layers'][number]) => number): string =>
    layers.map((layer) => percentText(pick(layer)).replace(' %', '')).join(', ');
  const weights = dynamic ? `by weight ${list(({ byWeight }) => byWeight)} %, ` : '';
  return `LA share of the attention output per layer: ${weights}by norm ${list(({ byNorm }) => byNorm)} %.`;
}

function variantNote({ renormalise, linearScope }: Ablation): string {
  const weight = renormalise
    ? 'a branch alone has weight 1 (renormalise = true)'
    : 'a branch alone keeps the weight that it has beside the other one (renormalise = false)';
  const keys =
    linearScope === 'all'
      ? 'the linear branch sees all keys'
      : 'the linear branch sees the keys outside the window, and in “all keys” every key';
  return `Variant: ${weight}; ${keys}; without attention its output is zero.`;
}
