import { expect, test } from 'vitest';
import {
  failureSignatures,
  type Signature,
  type SignatureCode,
} from '../../../src/plugins/evaluation/failure-signatures.js';
import type { KeyScope } from '../../../src/plugins/evaluation/coverage.js';
import type { ItemResult, TaskResults } from '../../../src/plugins/evaluation/measurement.js';
import { expectedAnswers } from '../../../src/plugins/evaluation/task-item.js';

const everywhere: KeyScope = { window: 16, linearScope: 'all' };
const outside: KeyScope = { window: 16, linearScope: 'outside_window' };
const count = 24;

/** Accuracies that scatter around a mean over 24 items, the same scatter for each branch, shifted by `phase`. */
function scattered(centre: number, spread: number, phase = 0): readonly number[] {
  return Array.from({ length: count }, (_, index) => centre + (((index + phase) % 3) - 1) * spread);
}

function results(accuracies: readonly number[], losses: readonly number[]): readonly ItemResult[] {
  return accuracies.map((accuracy, index) => ({
    id: String(index),
    accuracy,
    loss: losses[index]!,
    answers: Array.from({ length: 4 }, (_, place) => (index * 4 + place) % 17),
  }));
}

function recall(branches: Readonly<Record<string, readonly number[]>>, position = 60): TaskResults {
  return {
    name: 'recall',
    metrics: ['accuracy', 'loss'],
    items: Array.from({ length: count }, (_, index) => ({
      id: String(index),
      tokens: Array<number>(position + 2).fill(1),
      scored: Array.from({ length: 4 }, (__, place) => ({ position, target: (index + place) % 13 })),
    })),
    branches: new Map(
      Object.entries(branches).map(([name, accuracies]) => [
        name,
        results(
          accuracies,
          accuracies.map((accuracy) => 5 - 5 * accuracy),
        ),
      ]),
    ),
  };
}

function verdict(signatures: readonly Signature[], code: SignatureCode, branch: string): Signature {
  const found = signatures.find((signature) => signature.code === code && signature.branch === branch);
  if (found === undefined) throw new Error(`no ${code} on ${branch}`);
  return found;
}

const collapsed = recall({
  both: scattered(0.6, 0.1),
  window: scattered(0.6, 0.09),
  linear: scattered(0.02, 0.02),
  none: scattered(0.02, 0.02, 1),
  teacher: scattered(0.9, 0.05),
});

const working = recall({
  both: scattered(0.85, 0.1),
  window: scattered(0.05, 0.05, 1),
  linear: scattered(0.7, 0.1, 2),
  none: scattered(0.02, 0.02),
  teacher: scattered(0.9, 0.05),
});

test('a linear branch at the level of no attention has collapsed', () => {
  const found = verdict(
    failureSignatures({ tasks: [collapsed], scope: everywhere }),
    'linear-collapsed',
    'linear',
  );
  expect(found.verdict).toBe('present');
  expect(found.text).toBe(
    'LA only ~ no attention on recall (LA only 0.02 ± 0.00 against 0.02 ± 0.00 without attention): ' +
      'the linear branch has collapsed.',
  );
});

test('a window that does as well alone says that the linear branch contributes nothing', () => {
  const found = verdict(
    failureSignatures({ tasks: [collapsed], scope: everywhere }),
    'linear-unused',
    'window',
  );
  expect(found.verdict).toBe('present');
  expect(found.text).toBe(
    'SWA only ~ SWA + LA on recall (0.60 ± 0.02 against 0.60 ± 0.02): the linear branch contributes nothing there.',
  );
});

test('a linear branch that works alone and in the hybrid shows neither signature', () => {
  const signatures = failureSignatures({ tasks: [working], scope: everywhere });
  expect(signatures.map(({ verdict: found, text }) => [found, text])).toEqual([
    [
      'absent',
      'LA only works on recall (LA only 0.70 ± 0.02 against 0.02 ± 0.00 without attention): ' +
        'alone it keeps 77 % of what attention gives the teacher.',
    ],
    [
      'absent',
      'SWA only falls behind SWA + LA on recall (0.05 ± 0.01 against 0.85 ± 0.02): the linear branch contributes.',
    ],
  ]);
});

test('a difference that the items cannot tell from the limit is not decided, either way', () => {
  const unsure = recall({
    both: scattered(0.5, 0.4),
    window: scattered(0.45, 0.4, 1),
    linear: scattered(0.12, 0.12),
    none: scattered(0.02, 0.02, 1),
    teacher: scattered(0.9, 0.05),
  });
  const signatures = failureSignatures({ tasks: [unsure], scope: everywhere });
  expect(signatures.map(({ code, verdict: found }) => [code, found])).toEqual([
    ['linear-collapsed', 'not decided'],
    ['linear-unused', 'not decided'],
  ]);
  expect(signatures[0]?.text).toBe(
    'Whether LA only does more than no attention on recall is not decided (LA only 0.12 ± 0.02 against 0.02 ± 0.00 ' +
      'without attention): 11 % of what attention gives the teacher, and the interval contains the limit of 10 %.',
  );
  expect(signatures[1]?.text).toMatch(/is not decided .* contains the limit of 5 % of what attention gives/);
});

test('a hybrid that does worse than its window alone is said to be harmed', () => {
  const harmed = recall({
    both: scattered(0.4, 0.05),
    window: scattered(0.6, 0.05),
    none: scattered(0.02, 0.02),
    teacher: scattered(0.9, 0.05),
  });
  const found = verdict(failureSignatures({ tasks: [harmed], scope: everywhere }), 'linear-unused', 'window');
  expect(found.verdict).toBe('present');
  expect(found.text).toContain('the linear branch does harm there');
});

test('perplexity is judged by the loss, in nats', () => {
  const text: TaskResults = {
    ...collapsed,
    name: 'perplexity',
    metrics: ['loss', 'perplexity'],
  };
  const found = verdict(
    failureSignatures({ tasks: [text], scope: everywhere }),
    'linear-collapsed',
    'linear',
  );
  expect(found.verdict).toBe('present');
  expect(found.text).toContain('LA only 4.90 ± 0.02 nats against 4.90 ± 0.02 nats without attention');
});

test('a linear branch without keys by construction is never called collapsed', () => {
  const short = recall(
    {
      ...Object.fromEntries(
        [...collapsed.branches].map(([name, items]) => [name, items.map((item) => item.accuracy)]),
      ),
      linear_all: scattered(0.5, 0.1),
    },
    10,
  );
  const signatures = failureSignatures({ tasks: [short], scope: outside });
  const linear = verdict(signatures, 'linear-collapsed', 'linear');
  expect(linear.verdict).toBe('not applicable');
  expect(linear.text).toBe(
    'LA only on recall: not applicable: no keys by construction. Every scored position stands inside the window, ' +
      'and the linear branch sees keys outside the window alone.',
  );
  expect(verdict(signatures, 'linear-collapsed', 'linear_all').verdict).toBe('absent');
  const unused = verdict(signatures, 'linear-unused', 'window');
  expect(unused.verdict).toBe('not applicable');
  expect(unused.text).toContain('by construction');
});

test.each([
  { both: 0.9, found: 'not applicable', text: 'which is all of attention there.' },
  { both: 0.5, found: 'present', text: 'the linear branch does harm there.' },
])('where the window sees every key, only harm is held against the linear branch: $both', (row) => {
  const branches = { both: scattered(row.both, 0.05), window: scattered(0.9, 0.05) };
  const ends = { none: scattered(0.02, 0.02), teacher: scattered(0.9, 0.05) };
  const unused = verdict(
    failureSignatures({ tasks: [recall({ ...branches, ...ends }, 10)], scope: everywhere }),
    'linear-unused',
    'window',
  );
  expect(unused.verdict).toBe(row.found);
  expect(unused.text.endsWith(row.text)).toBe(true);
});

test('only items at which the linear branch has keys count for its collapse', () => {
  const half = (index: number): boolean => index % 2 === 0;
  const mixed = recall({
    linear: Array.from({ length: count }, (_, index) => (half(index) ? 0.7 + (index % 4) * 0.05 : 0)),
    none: scattered(0.02, 0.02),
    teacher: scattered(0.9, 0.05),
  });
  const items = mixed.items.map((item, index) =>
    half(index)
      ? item
      : { ...item, scored: expectedAnswers(item).map((target) => ({ position: 3, target })) },
  );
  const found = verdict(
    failureSignatures({ tasks: [{ ...mixed, items }], scope: outside }),
    'linear-collapsed',
    'linear',
  );
  expect(found.verdict).toBe('absent');
  expect(found.text).toContain('LA only 0.7');
});

test('a task on which the teacher needs no attention decides nothing', () => {
  const pointless = recall({
    linear: scattered(0.3, 0.1),
    none: scattered(0.3, 0.1, 1),
    teacher: scattered(0.3, 0.1, 2),
  });
  const found = verdict(
    failureSignatures({ tasks: [pointless], scope: everywhere }),
    'linear-collapsed',
    'linear',
  );
  expect(found.verdict).toBe('not decided');
  expect(found.text).toBe(
    'Nothing is decided on recall: the teacher does no better there than the model without attention.',
  );
});

test('without the branch to compare with, nothing is decided', () => {
  const partial = recall({ linear: scattered(0.3, 0.1), teacher: scattered(0.9, 0.05) });
  const found = verdict(
    failureSignatures({ tasks: [partial], scope: everywhere }),
    'linear-collapsed',
    'linear',
  );
  expect(found.verdict).toBe('not decided');
  expect(found.text).toBe(
    'LA only on recall is not decided: there is nothing to compare with. Add "none" to "branches".',
  );
});

test('a branch that always gives the same answer is named', () => {
  const constant = {
    ...collapsed,
    branches: new Map([
      ['linear', collapsed.branches.get('linear')!.map((item) => ({ ...item, answers: [4, 4, 4, 4] }))],
    ]),
  };
  const found = verdict(
    failureSignatures({ tasks: [constant], scope: everywhere }),
    'constant-answer',
    'linear',
  );
  expect(found.text).toBe(
    'LA only gives one and the same answer to 100 % of the questions of recall, which is right for 8 %: its score is ' +
      'that of a constant answer.',
  );
});

test.each([
  { dynamic: true, share: 0.001, verdict: 'present', words: 'has 0.1 % of the weight: it is shut off.' },
  { dynamic: true, share: 0.3, verdict: 'absent', words: 'has 30 % of the weight.' },
  { dynamic: false, share: 0.2, verdict: 'absent', words: 'has 20 % of the norm of the attention output.' },
])(
  'a linear share of $share (dynamic mix: $dynamic) is $verdict',
  ({ dynamic, share, verdict: expected, words }) => {
    const layers = [0.5, 1.5].map((factor, layer) =>
      dynamic
        ? { layer, byWeight: share * factor, byNorm: 0.9 }
        : { layer, byWeight: 0.5, byNorm: share * factor },
    );
    expect(failureSignatures({ tasks: [], scope: everywhere, shares: { dynamic, layers } })).toEqual([
      {
        code: 'linear-share-vanishes',
        verdict: expected,
        branch: 'both',
        text: `The linear branch ${words}`,
      },
    ]);
  },
);

test('a loss that is not a number decides nothing', () => {
  const broken = recall({
    linear: scattered(Number.NaN, 0),
    none: scattered(0.02, 0.02),
    teacher: scattered(0.9, 0.05),
  });
  const found = verdict(
    failureSignatures({ tasks: [broken], scope: everywhere }),
    'linear-collapsed',
    'linear',
  );
  expect(found.verdict).toBe('not decided');
});
