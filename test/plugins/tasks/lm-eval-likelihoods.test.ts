import { afterAll, expect, test, type TestContext } from 'vitest';
import { softmaxAttention } from '../../../src/model/attention/softmax.js';
import type { Llama } from '../../../src/model/transformer.js';
import { loadLlama } from '../../../src/model/weights/hugging-face-folder.js';
import type { ItemResult } from '../../../src/plugins/evaluation/measurement.js';
import { scoreBatch } from '../../../src/plugins/evaluation/score-batch.js';
import type { DocumentItem, QuestionItem } from '../../../src/plugins/evaluation/task-item.js';
import { pairSequence } from '../../../src/plugins/tasks/likelihood/pair-sequence.js';
import { rollingWindows } from '../../../src/plugins/tasks/likelihood/rolling-windows.js';
import {
  expected,
  expectedRequests,
  expectedWindows,
  itemName,
  prefixToken,
  questionsOf,
  runs,
  type RecordedItem,
} from './lm-eval-reference.js';
import { withSmollm2 } from './smollm2.js';
import { useTensorflow } from '../../model/use-tensorflow.js';

/** The model takes minutes, so that it must be asked for: HPL_SMOLLM2 names a folder or file of SmolLM2-135M-Instruct. */
const asked = process.env['HPL_SMOLLM2'] !== undefined;
const minutes = 60_000;
/** In nats; lm-eval in float32 is itself up to 6e-4 away from lm-eval in float64. */
const tolerance = 2e-3;
/** Of a document, whose log-likelihood is a sum over hundreds of tokens. */
const documentTolerance = 4e-3;

let model: Llama | undefined;

async function modelOf(context: TestContext): Promise<Llama> {
  if (!asked) context.skip('HPL_SMOLLM2 does not name a folder or file of SmolLM2-135M-Instruct.');
  if (model !== undefined) return model;
  await useTensorflow(context);
  model = await withSmollm2(context, loadLlama);
  return model;
}

afterAll(() => {
  for (const tensor of model?.parameters.values() ?? []) tensor.dispose();
});

async function scored(
  llama: Llama,
  items: readonly (QuestionItem | DocumentItem)[],
): Promise<readonly ItemResult[]> {
  return scoreBatch({ llama, parts: { attention: softmaxAttention }, batchSize: 8 }, items);
}

function expectNear(found: readonly number[], wanted: readonly number[], within = tolerance): void {
  expect(found).toHaveLength(wanted.length);
  const differences = found.map((value, index) => Math.abs(value - (wanted[index] ?? NaN)));
  expect(Math.max(...differences)).toBeLessThan(within);
}

/** Tokens stand in the runs that are not cut. */
async function itemsOf(run: string, task: string): Promise<readonly QuestionItem[]> {
  const { settings } = expected(`${run}/${task}.json`);
  const { items } = expected(`${run === 'max_length_64' ? 'default' : run}/${task}.json`);
  const questions = await questionsOf(task, settings.num_fewshot);
  return items.map((item) => {
    const lengths = questions.get(itemName(item))?.lengths;
    return {
      id: itemName(item),
      gold: item.gold,
      groups: [],
      choices: item.requests.map(({ context_tokens: context, continuation_tokens: continuation }, index) => ({
        ...pairSequence({ context, continuation }, settings.max_length),
        ...(lengths?.[index] === undefined ? {} : { length: lengths[index] }),
      })),
    };
  });
}

function likelihoodsOf(items: readonly RecordedItem[]): readonly number[] {
  return items.flatMap(({ requests }) => requests.map(({ loglikelihood }) => loglikelihood));
}

test.for(runs)(
  '%s: log-likelihoods and answers of SmolLM2 to %s are lm-eval’s',
  { timeout: 10 * minutes },
  async ([run, task], context) => {
    const llama = await modelOf(context);
    const { items } = expected(`${run}/${task}.json`);
    const results = await scored(llama, await itemsOf(run, task));
    expectNear(
      results.flatMap(({ logLikelihoods = [] }) => logLikelihoods),
      likelihoodsOf(items),
    );
    expect(results.map(({ answers }) => answers)).toEqual(
      items.map(({ acc_prediction: answer }) => [answer]),
    );
    expect(results.map(({ accuracyNorm }) => accuracyNorm)).toEqual(items.map(({ acc_norm: norm }) => norm));
  },
);

test.for(['default', 'add_bos'])(
  '%s: log-likelihoods of bare requests are lm-eval’s',
  { timeout: 10 * minutes },
  async (run, context) => {
    const llama = await modelOf(context);
    const { settings, items } = expectedRequests(run);
    const questions = items.map((request, index): QuestionItem => {
      const pair = { context: request.context_tokens, continuation: request.continuation_tokens };
      return {
        id: String(index),
        gold: 0,
        groups: [],
        choices: [pairSequence(pair, settings.max_length)],
      };
    });
    expectNear(
      (await scored(llama, questions)).flatMap(({ logLikelihoods = [] }) => logLikelihoods),
      items.map(({ loglikelihood }) => loglikelihood),
    );
  },
);

test.for(['default', 'max_length_64', 'add_bos'])(
  '%s: log-likelihoods of documents are lm-eval’s',
  { timeout: 10 * minutes },
  async (run, context) => {
    const llama = await modelOf(context);
    const { settings, items } = expectedWindows(run);
    const documents = items.map(({ windows, words, bytes }, index): DocumentItem => ({
      id: String(index),
      windows: rollingWindows(
        windows.flatMap(({ continuation_tokens: tokens }) => tokens),
        prefixToken,
        settings.max_length,
      ),
      words,
      bytes,
    }));
    expectNear(
      (await scored(llama, documents)).map(({ document }) => -(document?.nats ?? NaN)),
      items.map(({ loglikelihood }) => loglikelihood),
      documentTolerance,
    );
  },
);
