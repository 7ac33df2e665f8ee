import { combinedStandardError, mean, normalQuantile95 } from '../../model/statistics.js';
import { answerHistogram } from '../../model/constant-answer.js';
import { bothName, branchTitle, linearAllName, teacherName } from './branch.js';
import { itemReachesBeyond, itemSeesKeys, type KeyScope } from './coverage.js';
import { percentText, scoreText } from './number-text.js';
import { scoreItems, type ItemResult, type TaskResults } from './measurement.js';
import { tellingShare, type LinearShares } from './linear-share.js';
import { expectedAnswers, hasLongAnswers } from './task-item.js';

/** The patterns of results that betray a hybrid whose linear branch does not work (arXiv 2510.05901). */
export type SignatureCode =
  'linear-collapsed' | 'linear-unused' | 'constant-answer' | 'linear-share-vanishes';

/** `present` and `absent` only where the 95 % interval says so. */
export type Verdict = 'present' | 'absent' | 'not decided' | 'not applicable';

/** One pattern, looked for on one task and branch. */
export interface Signature {
  readonly code: SignatureCode;
  readonly verdict: Verdict;
  /** Absent where the pattern is about the model as a whole. */
  readonly task?: string;
  readonly branch: string;
  /** A whole sentence: the numbers found, and what they mean. */
  readonly text: string;
}

/** Ours: up to this share of what attention gives the teacher, a branch counts as doing nothing alone. */
const collapseLimit = 0.1;

/** Ours: a linear branch whose loss costs up to this share of what attention gives the teacher contributes nothing. */
const unusedLimit = 0.05;

/** Ours: a linear branch with less than this share of the attention output is shut off. */
const shareLimit = 0.01;

/** What the signatures are read from. */
export interface AblationFindings {
  readonly tasks: readonly TaskResults[];
  readonly scope: KeyScope;
  readonly shares?: LinearShares | undefined;
}

/** Looks for every failure signature. Pure; decided by paired 95 % intervals over the items, never by bare numbers. */
export function failureSignatures(findings: AblationFindings): readonly Signature[] {
  return [
    ...findings.tasks.flatMap((task) => taskSignatures(task, findings.scope)),
    ...shareSignatures(findings.shares),
  ];
}

function taskSignatures(task: TaskResults, scope: KeyScope): readonly Signature[] {
  const restricted = scope.linearScope === 'outside_window';
  const linear = collapse(task, 'linear', (index) => seesKeysAt(task, index, scope));
  const linearAll = restricted ? collapse(task, linearAllName, () => true) : [];
  return [...linear, ...linearAll, ...unused(task, scope), ...constantAnswers(task)];
}

function seesKeysAt(task: TaskResults, index: number, scope: KeyScope): boolean {
  const item = task.items[index];
  return item !== undefined && itemSeesKeys(item, scope);
}

/** LA only ~ no attention: does the branch alone keep more than `collapseLimit` of what attention gives the teacher? */
function collapse(
  task: TaskResults,
  branch: string,
  counts: (index: number) => boolean,
): readonly Signature[] {
  if (!task.branches.has(branch)) return [];
  const found = { code: 'linear-collapsed', branch, task: task.name } as const;
  const title = branchTitle(branch);
  if (!task.items.some((_, index) => counts(index))) return [notApplicable(found, title)];
  const comparison = compare(task, { better: branch, worse: 'none', limit: collapseLimit, counts });
  if (comparison === undefined) return [missing(found, task)];
  const share = percentText(comparison.share);
  const against = `${title} ${comparison.better} against ${comparison.worse} without attention`;
  const texts: Readonly<Record<Judgement, string>> = {
    below: `${title} ~ no attention on ${task.name} (${against}): the linear branch has collapsed.`,
    above:
      `${title} works on ${task.name} (${against}): alone it keeps ${share} of what attention gives the ` +
      `teacher.`,
    between:
      `Whether ${title} does more than no attention on ${task.name} is not decided (${against}): ` +
      `${share} of what attention gives the teacher, and the interval contains the limit of ${percentText(collapseLimit)}.`,
    pointless: pointless(task.name),
  };
  return [{ ...found, verdict: verdictOf(comparison.judgement), text: texts[comparison.judgement] }];
}

/** SWA only ~ SWA + LA: does leaving the linear branch out cost more than `unusedLimit`? */
function unused(task: TaskResults, scope: KeyScope): readonly Signature[] {
  if (!task.branches.has(bothName) || !task.branches.has('window')) return [];
  const found = { code: 'linear-unused', branch: 'window', task: task.name } as const;
  const reaches = task.items.map((item) => itemReachesBeyond(item, scope.window));
  const isNeedless = !reaches.includes(true);
  const nothingToSay = { ...found, verdict: 'not applicable', text: needless(task.name, scope) } as const;
  if (isNeedless && scope.linearScope === 'outside_window') return [nothingToSay];
  const counts = (index: number): boolean => isNeedless || reaches[index] === true;
  const comparison = compare(task, { better: bothName, worse: 'window', limit: unusedLimit, counts });
  if (comparison === undefined) return [missing(found, task)];
  // Where the window is all of attention, a linear branch with keys cannot help, but it can do harm.
  if (isNeedless && !(comparison.difference.high < 0)) return [nothingToSay];
  const against = `${comparison.worse} against ${comparison.better}`;
  const texts: Readonly<Record<Judgement, string>> = {
    below:
      comparison.difference.high < 0
        ? `SWA only does better than SWA + LA on ${task.name} (${against}): the linear branch does harm there.`
        : `SWA only ~ SWA + LA on ${task.name} (${against}): the linear branch contributes nothing there.`,
    above: `SWA only falls behind SWA + LA on ${task.name} (${against}): the linear branch contributes.`,
    between:
      `Whether the linear branch contributes on ${task.name} is not decided (SWA only ${against} with both): the ` +
      `interval contains the limit of ${percentText(unusedLimit)} of what attention gives the teacher.`,
    pointless: pointless(task.name),
  };
  return [{ ...found, verdict: verdictOf(comparison.judgement), text: texts[comparison.judgement] }];
}

/** Where the window sees all, nothing is left for the linear branch to add, and no result can say more. */
function needless(task: string, { linearScope }: KeyScope): string {
  return linearScope === 'outside_window'
    ? `SWA only equals SWA + LA on ${task} by construction: not applicable, since the linear branch has ` +
        `no keys by construction at any scored position.`
    : `Whether the linear branch contributes on ${task}: not applicable. Every scored position stands inside the ` +
        `window, which is all of attention there.`;
}

type Judgement = 'below' | 'above' | 'between' | 'pointless';

interface Comparison {
  readonly judgement: Judgement;
  /** The difference as a share of what attention gives the teacher. */
  readonly share: number;
  readonly difference: { readonly low: number; readonly high: number };
  /** The two sides as read by people. */
  readonly better: string;
  readonly worse: string;
}

interface Sides {
  readonly better: string;
  readonly worse: string;
  readonly limit: number;
  readonly counts: (index: number) => boolean;
}

/**
 * Judges `(better - worse) - limit (teacher - none)`, a linear combination of scores on the same items, by its paired
 * interval; so the uncertainty of the yardstick counts too. Undefined when a side or the yardstick was not measured.
 */
function compare(task: TaskResults, { better, worse, limit, counts }: Sides): Comparison | undefined {
  const scoresOf = (branch: string): readonly number[] | undefined => {
    const items = task.branches.get(branch);
    return items && scoreItems(task, items).filter((_, index) => counts(index));
  };
  const [first, second] = [scoresOf(better), scoresOf(worse)];
  const [teacher, none] = [scoresOf(teacherName), scoresOf('none')];
  if (!first || !second || !teacher || !none) return undefined;
  const yardstick = combination([
    [1, teacher],
    [-1, none],
  ]);
  const difference = combination([
    [1, first],
    [-1, second],
  ]);
  const excess = combination([
    [1, first],
    [-1, second],
    [-limit, teacher],
    [limit, none],
  ]);
  return {
    judgement: !(yardstick.low > 0)
      ? 'pointless'
      : excess.high < 0
        ? 'below'
        : excess.low > 0
          ? 'above'
          : 'between',
    share: difference.value / yardstick.value,
    difference,
    better: scoreOf(task, first),
    worse: scoreOf(task, second),
  };
}

interface Combination {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

function combination(terms: readonly (readonly [number, readonly number[]])[]): Combination {
  const value = terms.reduce((sum, [weight, items]) => sum + weight * mean(items), 0);
  const error = combinedStandardError(terms.map(([weight, items]) => ({ weight, items })));
  const values = terms.flatMap(([, items]) => items);
  const alike = error < rounding && values.every((item) => item === 0 || item === 1);
  const half = alike ? (ruleOfThree * terms.length) / values.length : normalQuantile95 * error;
  return { value, low: value - half, high: value + half };
}

/** Below it a standard error is what rounding leaves of zero. */
const rounding = 1e-9;

/**
 * Where all items are wrong, or all right, their standard error is zero and says nothing: none of n deviates, so that with
 * 95 % confidence less than 3 / n do (Hanley and Lippman-Hand 1983), each by up to 1.
 */
const ruleOfThree = 3;

function verdictOf(judgement: Judgement): Verdict {
  if (judgement === 'below') return 'present';
  return judgement === 'above' ? 'absent' : 'not decided';
}

/** The branches that answer one and the same whatever is asked. */
export function constantAnswers(task: TaskResults): readonly Signature[] {
  if (!task.metrics.includes('accuracy') || task.items.some(hasLongAnswers)) return [];
  const expected = task.items.flatMap(expectedAnswers);
  return [...task.branches].flatMap(([branch, items]): readonly Signature[] => {
    const histogram = answerHistogram(answersOf(items), expected);
    if (!histogram.constant) return [];
    const text =
      `${branchTitle(branch)} gives one and the same answer to ${percentText(histogram.share)} of the questions of ` +
      `${task.name}, which is right for ${percentText(histogram.expectedShare)}: its score is that of a constant answer.`;
    return [{ code: 'constant-answer', verdict: 'present', branch, task: task.name, text }];
  });
}

/** Every answer of a branch, in the order of items and positions. */
export function answersOf(items: readonly ItemResult[]): readonly number[] {
  return items.flatMap(({ answers }) => answers);
}

function shareSignatures(shares: LinearShares | undefined): readonly Signature[] {
  if (shares === undefined) return [];
  const share = mean(shares.layers.map((layer) => tellingShare(shares, layer)));
  const vanishes = share < shareLimit;
  const of = shares.dynamic ? 'the weight' : 'the norm of the attention output';
  const text = `The linear branch has ${percentText(share)} of ${of}${vanishes ? ': it is shut off' : ''}.`;
  return [
    { code: 'linear-share-vanishes', verdict: vanishes ? 'present' : 'absent', branch: bothName, text },
  ];
}

interface Looked {
  readonly code: SignatureCode;
  readonly branch: string;
  readonly task: string;
}

function notApplicable(looked: Looked, title: string): Signature {
  return {
    ...looked,
    verdict: 'not applicable',
    text:
      `${title} on ${looked.task}: not applicable: no keys by construction. Every scored position stands inside the ` +
      `window, and the linear branch sees keys outside the window alone.`,
  };
}

/** Without the yardstick: what the model does with all of attention, and without any. */
function missing(looked: Looked, { branches }: TaskResults): Signature {
  const absent = ['none', teacherName].filter((branch) => !branches.has(branch));
  const names = absent.map((branch) => `"${branch}"`).join(' and ');
  const text = `${branchTitle(looked.branch)} on ${looked.task} is not decided: there is nothing to compare with. Add ${names} to "branches".`;
  return { ...looked, verdict: 'not decided', text };
}

function pointless(task: string): string {
  return `Nothing is decided on ${task}: the teacher does no better there than the model without attention.`;
}

function scoreOf(task: TaskResults, scores: readonly number[]): string {
  const error = combinedStandardError([{ weight: 1, items: scores }]);
  const value = mean(scores);
  return task.metrics.includes('accuracy')
    ? `${scoreText(value)} ± ${scoreText(error)}`
    : `${scoreText(-value)} ± ${scoreText(error)} nats`;
}
