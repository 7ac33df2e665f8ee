import { expect, test, type TestContext } from 'vitest';
import { readTokenizer, type Tokenizer } from '../../../src/model/tokenizer.js';
import { encodePair } from '../../../src/plugins/tasks/likelihood/encode-pair.js';
import { rollingWindows } from '../../../src/plugins/tasks/likelihood/rolling-windows.js';
import { textEncoder, type TextEncoder } from '../../../src/plugins/tasks/likelihood/text-encoder.js';
import {
  expected,
  expectedRequests,
  expectedWindows,
  itemName,
  prefixToken,
  questionsOf,
  runs,
  type RecordedRequest,
  type RecordedTask,
} from './lm-eval-reference.js';
import { withSmollm2 } from './smollm2.js';

let tokenizer: Tokenizer | undefined;

async function encoderOf(
  context: TestContext,
  { add_bos_token: addBos }: RecordedTask['settings'],
): Promise<TextEncoder> {
  const known = (tokenizer ??= await withSmollm2(context, readTokenizer));
  return textEncoder(
    {
      encode: (text) => known.encode(text),
      start: [prefixToken],
      textOf: (token) => known.decode([token]),
    },
    addBos === true,
  );
}

function tokensOf({ context_tokens: context, continuation_tokens: continuation }: RecordedRequest): object {
  return { context, continuation };
}

test.for(runs.filter(([run]) => run !== 'max_length_64'))(
  '%s: the tokens of every request of %s are lm-eval’s',
  async ([run, task], context) => {
    const { settings, items } = expected(`${run}/${task}.json`);
    const encoder = await encoderOf(context, settings);
    const questions = await questionsOf(task, settings.num_fewshot);
    for (const item of items) {
      const pairs = questions.get(itemName(item))?.requests.map((request) => encodePair(encoder, request));
      expect(pairs).toEqual(item.requests.map(tokensOf));
    }
  },
);

test.for(['default', 'add_bos'])('%s: the tokens of bare requests are lm-eval’s', async (run, context) => {
  const { settings, items } = expectedRequests(run);
  const encoder = await encoderOf(context, settings);
  for (const request of items)
    expect([request.note, encodePair(encoder, request)]).toEqual([request.note, tokensOf(request)]);
});

test.for(['default', 'max_length_64', 'add_bos'])(
  '%s: the windows of documents are lm-eval’s',
  async (run, context) => {
    const { settings, items } = expectedWindows(run);
    const encoder = await encoderOf(context, settings);
    for (const { doc, windows } of items) {
      const found = rollingWindows(encoder.encode(doc.text), encoder.prefix(), settings.max_length);
      expect(found.map(({ scored }) => scored.map(({ target }) => target))).toEqual(
        windows.map(({ continuation_tokens: tokens }) => tokens),
      );
    }
  },
);
