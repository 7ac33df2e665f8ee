import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatBytes, formatRate } from '../base/format-quantity.js';
import { rootSeed } from '../base/seed.js';
import { Decoder } from '../model/decode/decoder.js';
import { generate } from '../model/decode/generate.js';
import { TextStream } from '../model/decode/text-stream.js';
import type { UserSignal } from '../runtime/run-status.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import type { DecodedModel } from './load-decoded-model.js';
import { userSignals } from './user-signals.js';

/** What to write, and how to choose it. */
export interface StreamOptions {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly seed: number;
  /** Whether the token for the beginning of a text comes first. */
  readonly bos?: true;
}

/** Writes the prompt's continuation as it comes, and at the end rate and state size to stderr. Gives the exit code. */
export async function streamText(model: DecodedModel, options: StreamOptions, io: Io): Promise<number> {
  const { llama, tokenizer, decoding, adapters } = model;
  const prompt = promptTokens(model, options);
  const decoder = new Decoder(llama, { decoding, adapters });
  const endTokens = [llama.config.endToken, tokenizer.endOfText].filter((token) => token !== undefined);
  const random = rootSeed(options.seed).child('generate').stream();
  const tokens = generate(decoder, { ...options, prompt, endTokens: new Set(endTokens), random });
  try {
    const { rates, signal } = await write(tokens, new TextStream(tokenizer, prompt), io);
    io.stderr.write(`${closingLine({ ...rates, prompt: prompt.length, stateBytes: decoder.stateBytes })}\n`);
    return signal === undefined ? exitCodes.done : exitCodesOf[signal];
  } finally {
    decoder.dispose();
  }
}

const exitCodesOf: Readonly<Record<UserSignal, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
};

function promptTokens({ llama, tokenizer }: DecodedModel, { prompt, bos }: StreamOptions): readonly number[] {
  const begin = llama.config.beginToken ?? tokenizer.endOfText;
  const tokens = tokenizer.encode(prompt);
  if (bos !== true && tokens.length > 0) return tokens;
  if (begin !== undefined) return [begin, ...tokens];
  throw new CommandFailure(
    bos === true
      ? 'The model has no token for the beginning of a text. Leave --bos out.'
      : 'The prompt is empty, and the model has no token for the beginning of a text. Give a prompt.',
  );
}

/** How fast a text came. */
interface Rates {
  readonly made: number;
  /** Until the first token. */
  readonly promptSeconds: number;
  /** From the first token to the last. */
  readonly textSeconds: number;
}

/** Writes tokens until they end or the user ends them. */
async function write(
  tokens: AsyncIterable<number>,
  text: TextStream,
  io: Io,
): Promise<{ readonly rates: Rates; readonly signal: UserSignal | undefined }> {
  let signal: UserSignal | undefined;
  const heard = userSignals().subscribe((one) => (signal ??= one));
  const startedAt = performance.now();
  let [made, firstAt] = [0, startedAt];
  try {
    for await (const token of tokens) {
      if (made === 0) firstAt = performance.now();
      made += 1;
      io.stdout.write(text.push(token));
      // Signals wait for the event loop, which tensor operations block.
      await nextTurn();
      if (hasCome(signal)) break;
    }
    io.stdout.write(`${text.end()}\n`);
    const [promptSeconds, textSeconds] = [firstAt - startedAt, performance.now() - firstAt];
    return { rates: { made, promptSeconds: promptSeconds / 1000, textSeconds: textSeconds / 1000 }, signal };
  } finally {
    heard.unsubscribe();
  }
}

/** It changes behind the back of the loop, which the type checker does not know. */
function hasCome(signal: UserSignal | undefined): boolean {
  return signal !== undefined;
}

/** `prompt 12 tokens (310 tokens/s), text 128 tokens (45 tokens/s), state 1.2 MiB` */
function closingLine(facts: Rates & { readonly prompt: number; readonly stateBytes: number }): string {
  const { prompt, made, promptSeconds, textSeconds, stateBytes } = facts;
  const counted = (tokens: number): string => `${tokens} ${tokens === 1 ? 'token' : 'tokens'}`;
  const rated = (tokens: number, seconds: number): string =>
    tokens > 0 && seconds > 0 ? ` (${formatRate(tokens / seconds, 'tokens')})` : '';
  return [
    `prompt ${counted(prompt)}${rated(prompt, promptSeconds)}`,
    // The first token comes with the prompt.
    `text ${counted(made)}${rated(made - 1, textSeconds)}`,
    `state ${formatBytes(stateBytes)}`,
  ].join(', ');
}
