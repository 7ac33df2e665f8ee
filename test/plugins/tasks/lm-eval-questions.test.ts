import { expect, test } from 'vitest';
import { groupEstimates } from '../../../src/plugins/evaluation/group-estimates.js';
import {
  estimateMetric,
  judgeChoices,
  type ItemResult,
  type TaskResults,
} from '../../../src/plugins/evaluation/measurement.js';
import { pairSequence } from '../../../src/plugins/tasks/likelihood/pair-sequence.js';
import { countWords } from '../../../src/plugins/tasks/likelihood/python-text.js';
import { rollingWindows } from '../../../src/plugins/tasks/likelihood/rolling-windows.js';
import { mmluGroups } from '../../../src/plugins/tasks/questions/mmlu-groups.js';
import {
  expected,
  expectedWindows,
  itemName,
  questionsOf,
  runs,
  type RecordedItem,
  type RecordedTask,
} from './lm-eval-reference.js';

const withStrings = runs.filter(([run]) => run !== 'max_length_64');

test.each(withStrings)(
  '%s: contexts, continuations and right choices of %s are lm-eval’s',
  async (run, task) => {
    const recorded = expected(`${run}/${task}.json`);
    const questions = await questionsOf(task, recorded.settings.num_fewshot);
    expect(questions.size).toBe(recorded.items.length);
    for (const item of recorded.items) {
      const question = questions.get(itemName(item));
      expect(question?.requests).toEqual(
        item.requests.map(({ context, continuation }) => ({ context, continuation })),
      );
      expect(question?.gold).toBe(item.gold);
    }
  },
);

/** The results that hpl draws from the log-likelihoods that lm-eval found. */
async function judged(recorded: RecordedTask, task: string): Promise<readonly ItemResult[]> {
  const questions = await questionsOf(task, recorded.settings.num_fewshot);
  return recorded.items.map((item) => {
    const { answer, accuracy, accuracyNorm } = judgeChoices(
      item.requests.map(({ loglikelihood }) => loglikelihood),
      questions.get(itemName(item))?.lengths ?? [undefined],
      item.gold,
    );
    return {
      id: itemName(item),
      loss: 0,
      accuracy,
      answers: [answer],
      ...(accuracyNorm === undefined ? {} : { accuracyNorm }),
    };
  });
}

test.each(runs)(
  '%s: the same log-likelihoods give the same answers to %s, item by item',
  async (run, task) => {
    const recorded = expected(`${run}/${task}.json`);
    const results = await judged(recorded, task);
    expect(results.map(({ accuracy }) => accuracy)).toEqual(recorded.items.map(({ acc }) => acc));
    expect(results.map(({ answers }) => answers[0])).toEqual(
      recorded.items.map(({ acc_prediction: answer }) => answer),
    );
    expect(results.map(({ accuracyNorm }) => accuracyNorm)).toEqual(
      recorded.items.map(({ acc_norm: norm }) => norm),
    );
  },
);

test.each(runs.filter(([, task]) => task !== 'mmlu'))(
  '%s: means and standard errors of %s are lm-eval’s to 1e-12',
  async (run, task) => {
    const recorded = expected(`${run}/${task}.json`);
    const results = await judged(recorded, task);
    const of = recorded.results[task];
    const accuracy = estimateMetric('accuracy', results);
    expect(accuracy.value).toBeCloseTo(of?.acc ?? NaN, 12);
    expect(accuracy.standardError).toBeCloseTo(of?.acc_stderr ?? NaN, 12);
    if (of?.acc_norm === undefined) return;
    const norm = estimateMetric('accuracy_norm', results);
    expect(norm.value).toBeCloseTo(of.acc_norm, 12);
    expect(norm.standardError).toBeCloseTo(of.acc_norm_stderr ?? NaN, 12);
  },
);

function mmluResults(items: readonly RecordedItem[]): TaskResults {
  return {
    name: 'mmlu',
    metrics: ['accuracy', 'loss'],
    items: items.map((item) => ({
      id: itemName(item),
      choices: [],
      gold: item.gold,
      groups: mmluGroups(item.task.replace('mmlu_', '')),
    })),
    branches: new Map(),
  };
}

test.each(['default', 'max_length_64', 'mmlu_5shot'])(
  '%s: subjects, groups and pooled standard errors of MMLU are lm-eval’s to 1e-12',
  async (run) => {
    const recorded = expected(`${run}/mmlu.json`);
    const results = await judged(recorded, 'mmlu');
    const found = groupEstimates(mmluResults(recorded.items), results);
    const wanted = { ...recorded.results, ...recorded.groups };
    expect(new Set(found.map(({ name }) => name))).toEqual(new Set(Object.keys(wanted)));
    expect(found.at(-1)?.name).toBe('mmlu');
    for (const { name, estimate } of found) {
      expect(estimate.value).toBeCloseTo(wanted[name]?.acc ?? NaN, 12);
      expect(estimate.standardError).toBeCloseTo(wanted[name]?.acc_stderr ?? NaN, 12);
      expect(estimate.items).toBe(wanted[name]?.n);
    }
  },
);

test.each(runs.filter(([run]) => run === 'max_length_64'))(
  '%s: of %s the model sees the same tokens, cut on the left',
  (run, task) => {
    const whole = expected(`default/${task}.json`).items;
    const cut = expected(`${run}/${task}.json`);
    cut.items.forEach((item, index) => {
      item.requests.forEach((request, choice) => {
        const { context_tokens: context, continuation_tokens: continuation } =
          whole[index]!.requests[choice]!;
        const sequence = pairSequence({ context, continuation }, cut.settings.max_length);
        expect(sequence.tokens).toEqual(request.input_tokens);
        expect(sequence.truncated > 0).toBe(request.truncated);
        expect(sequence.tokens.length + 1 + sequence.truncated).toBe(request.total_tokens);
        expect(sequence.scored.map(({ target }) => target)).toEqual(request.continuation_tokens);
        expect(sequence.scored.at(-1)?.position).toBe(request.input_tokens.length - 1);
      });
    });
  },
);

test.each(['default', 'max_length_64', 'add_bos'])('%s: documents are read in the same windows', (run) => {
  const { settings, items } = expectedWindows(run);
  for (const { windows, doc, words, bytes } of items) {
    const tokens = windows.flatMap(({ continuation_tokens: part }) => part);
    const found = rollingWindows(tokens, 1, settings.max_length);
    expect(found.map(({ scored }) => scored.map(({ target }) => target))).toEqual(
      windows.map(({ continuation_tokens: part }) => part),
    );
    expect(found.map(({ tokens: input }) => input)).toEqual(
      windows.map(({ context_tokens: context, continuation_tokens: part }) => [
        ...context,
        ...part.slice(0, -1),
      ]),
    );
    expect(countWords(doc.text)).toBe(words);
    expect(Buffer.byteLength(doc.text)).toBe(bytes);
  }
});

test.each(['default', 'max_length_64', 'add_bos'])(
  '%s: the same log-likelihoods give the same perplexities',
  (run) => {
    const { results, items } = expectedWindows(run);
    const found: readonly ItemResult[] = items.map(({ loglikelihood, words, bytes }, index) => ({
      id: String(index),
      loss: 0,
      accuracy: 0,
      answers: [],
      document: { nats: -loglikelihood, words, bytes },
    }));
    for (const metric of ['word_perplexity', 'byte_perplexity', 'bits_per_byte'] as const)
      expect(estimateMetric(metric, found).value / (results[metric] ?? NaN)).toBeCloseTo(1, 12);
  },
);
