import type { Coverage } from '../../evaluation/coverage.js';
import type { Signature, Verdict } from '../../evaluation/failure-signatures.js';
import type { LinearShares } from '../../evaluation/linear-share.js';
import { percentText } from '../../evaluation/number-text.js';
import type { Ablation } from './findings.js';

/** What stands below the table, most important first: what was found, what it rests on, how to read it. */
export function ablationNotes(ablation: Ablation): readonly string[] {
  return [
    ...signatureNotes(ablation.signatures),
    ...[...ablation.coverage].map(([task, coverage]) => coverageNote(task, coverage, ablation)),
    ...(ablation.shares === undefined ? [] : [shareNote(ablation.shares)]),
    variantNote(ablation),
    'Brackets: 95 % intervals of differences paired by item. Recovery: accuracy over the teacher’s, or the teacher’s ' +
      'perplexity over the branch’s.',
  ];
}

const order: readonly Verdict[] = ['present', 'not decided', 'not applicable', 'absent'];

/** The signatures as sentences, those that were found first. */
export function signatureNotes(signatures: readonly Signature[]): readonly string[] {
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
    `Coverage of ${task}: ${coverage.items} items, ${coverage.scored} scored positions; the linear branch sees keys at ` +
    `${of(coverage.withKeys, coverage.scored)} of them, keys outside the window at ` +
    `${of(coverage.beyondWindow, coverage.scored)}. Items longer than the window of ${window}: ` +
    `${of(coverage.longerThanWindow, coverage.items)}, than two: ` +
    `${of(coverage.longerThanTwoWindows, coverage.items)}.`
  );
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
