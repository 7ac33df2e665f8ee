import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonObject } from '../model/config.js';
import { ModelFileError } from '../model/model-file-error.js';
import type { Artifact } from '../runtime/contract/artifact.js';
import type { JsonObject } from '../base/json.js';
import { mendable } from './mendable.js';

/** Equally long rows of token ids, one after the other. */
export interface TokenRows {
  /** Tokens of a row. */
  readonly context: number;
  /** Number of rows. */
  readonly count: number;
  /** Row-major, [count, context]. */
  readonly tokens: Int32Array;
  /** As `tokens`: the weight of each token as a target; 0 where those before it cannot tell it. */
  readonly scored: Uint8Array;
}

/** What the `data` stage makes: packed tokens to train on, and others that are never trained on. */
export interface Dataset {
  readonly context: number;
  /** Fingerprint of the tokenizer that made the tokens. */
  readonly tokenizer: string;
  /** Every token is below it. */
  readonly vocabularySize: number;
  readonly train: TokenRows;
  readonly validation: TokenRows;
}

const schema = 'hpl.dataset/1';

/** Reads a `dataset` artifact whole. Rejects with a `StageFailure` when it is damaged. */
export async function loadDataset(artifact: Artifact): Promise<Dataset> {
  return mendable(async () => {
    const file = join(artifact.folder, 'dataset.json');
    const json = await readJsonObject(file);
    const count = (key: string): number => countIn(json, key, file);
    if (json['schema'] !== schema) {
      throw new ModelFileError(file, `"schema" is not "${schema}". Run the stage that made it again.`);
    }
    const context = count('context');
    return {
      context,
      tokenizer: typeof json['tokenizer'] === 'string' ? json['tokenizer'] : '',
      vocabularySize: count('vocabulary_size'),
      train: await readRows(artifact.folder, 'train', { context, count: count('train_rows') }),
      validation: await readRows(artifact.folder, 'validation', { context, count: count('validation_rows') }),
    };
  });
}

/** Writes a data set into the folder of an artifact. */
export async function saveDataset(folder: string, dataset: Dataset): Promise<void> {
  await writeRows(folder, 'train', dataset.train);
  await writeRows(folder, 'validation', dataset.validation);
  const json: JsonObject = {
    schema,
    context: dataset.context,
    tokenizer: dataset.tokenizer,
    vocabulary_size: dataset.vocabularySize,
    train_rows: dataset.train.count,
    validation_rows: dataset.validation.count,
  };
  await writeFile(join(folder, 'dataset.json'), `${JSON.stringify(json, null, 2)}\n`);
}

type Part = 'train' | 'validation';

async function readRows(
  folder: string,
  part: Part,
  { context, count }: { readonly context: number; readonly count: number },
): Promise<TokenRows> {
  const size = context * count;
  const tokens = await readExactly(join(folder, `${part}.bin`), 4 * size);
  const scored = await readExactly(join(folder, `${part}.scored.bin`), size);
  return { context, count, tokens: new Int32Array(tokens.buffer as ArrayBuffer), scored };
}

async function readExactly(file: string, bytes: number): Promise<Uint8Array> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new ModelFileError(file, 'the file cannot be read. Run the stage that made it again.', { cause });
  });
  if (content.byteLength !== bytes) {
    throw new ModelFileError(
      file,
      `the file has ${content.byteLength} bytes, dataset.json asks for ${bytes}. Run the stage that made it again.`,
    );
  }
  return new Uint8Array(content);
}

async function writeRows(folder: string, part: Part, { tokens, scored }: TokenRows): Promise<void> {
  const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength);
  await writeFile(join(folder, `${part}.bin`), bytes);
  await writeFile(join(folder, `${part}.scored.bin`), scored);
}

function countIn(json: JsonObject, key: string, file: string): number {
  const value = json[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ModelFileError(file, `the key "${key}" is not a count. Run the stage that made it again.`);
}
