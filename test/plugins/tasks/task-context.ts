import { rootSeed } from '../../../src/base/seed.js';
import { readTokenizer, type Tokenizer } from '../../../src/model/tokenizer.js';
import type { TokenRows } from '../../../src/plugins/dataset-rows.js';
import type { TaskContext } from '../../../src/plugins/evaluation/task.js';
import type { SequenceItem, TaskItem } from '../../../src/plugins/evaluation/task-item.js';
import type { StageContext } from '../../../src/runtime/contract/stage.js';
import { rowsInMemory, saveDataset } from '../dataset-in-memory.js';

/** What of a tokenizer tasks use. */
export type Spelling = Pick<Tokenizer, 'encode' | 'decode'>;

/** One token a character: its code point. */
export const characters: Spelling = {
  encode: (text) => Array.from(text, (character) => character.codePointAt(0) ?? 0),
  decode: (tokens) => String.fromCodePoint(...tokens),
};

/** The tokenizer of the shipped model: bytes and merges. */
export function shippedTokenizer(): Promise<Tokenizer> {
  return readTokenizer('models/tiny-llama');
}

/** What is worth varying. */
export interface ContextParts {
  readonly spelling?: Spelling;
  readonly seed?: number;
  readonly contextLength?: number;
  readonly start?: readonly number[];
  /** Where a data set lies. */
  readonly dataFolder?: string;
}

/** What a task makes its items from, without a model. */
export function taskContext({
  spelling = characters,
  seed = 7,
  contextLength = 4096,
  start = [],
  dataFolder = '',
}: ContextParts = {}): TaskContext {
  const input: StageContext['input'] = () => ({
    type: 'dataset',
    fingerprint: 'data',
    folder: dataFolder,
    summary: {},
  });
  return {
    stage: { input } as StageContext,
    seed: rootSeed(seed),
    vocabularySize: 0x110000,
    tokenizerFingerprint: 'test',
    contextLength,
    start,
    encode: (text) => spelling.encode(text),
    decode: (tokens) => spelling.decode(tokens),
    textOf: (token) => spelling.decode([token]),
  };
}

/** A data set with these held-out rows of text. */
export async function writeHeldOut(
  folder: string,
  texts: readonly string[],
  spelling = characters,
): Promise<void> {
  const rows = texts.map((text) => spelling.encode(text));
  const context = Math.min(...rows.map(({ length }) => length));
  const held = rowsOf(
    rows.map((row) => row.slice(0, context)),
    context,
  );
  const dataset = { context, tokenizer: 'test', vocabularySize: 0x110000, train: held, validation: held };
  await saveDataset(folder, dataset);
}

function rowsOf(rows: readonly (readonly number[])[], context: number): TokenRows {
  const tokens = Int32Array.from(rows.flat());
  const scored = Uint8Array.from(tokens, (_, index) => (index % context === 0 ? 0 : 1));
  return rowsInMemory(context, tokens, scored);
}

/** An item of one sequence. */
export function sequenceItem(item: TaskItem | undefined): SequenceItem {
  if (item === undefined || !('tokens' in item)) throw new Error('no sequence');
  return item;
}

/** The scored tokens of a sequence as texts, an answer each. */
export function answersIn({ scored, answerLengths }: SequenceItem, spelling: Spelling): readonly string[] {
  let end = 0;
  return (answerLengths ?? scored.map(() => 1)).map((length) => {
    const start = end;
    end += length;
    return spelling.decode(scored.slice(start, end).map(({ target }) => target));
  });
}
