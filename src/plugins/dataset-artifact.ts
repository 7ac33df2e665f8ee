import { closeSync, openSync, readSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonObject } from '../model/config.js';
import { ModelFileError } from '../model/model-file-error.js';
import type { Artifact } from '../runtime/contract/artifact.js';
import type { JsonObject } from '../base/json.js';
import type { Part, TokenRows } from './dataset-rows.js';
import { mendable } from './mendable.js';

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

/** What dataset.json says: a data set without its rows. */
export type DatasetDescription = Omit<Dataset, 'train' | 'validation'> & {
  readonly trainRows: number;
  readonly validationRows: number;
};

const schema = 'hpl.dataset/1';

/** Reads a `dataset` artifact; its rows stay in their files. Rejects with a `StageFailure` when it is damaged. */
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
      train: await rowsInFiles(artifact.folder, 'train', { context, count: count('train_rows') }),
      validation: await rowsInFiles(artifact.folder, 'validation', {
        context,
        count: count('validation_rows'),
      }),
    };
  });
}

/** Writes dataset.json beside rows that a `RowWriter` has written. */
export async function saveDatasetDescription(folder: string, description: DatasetDescription): Promise<void> {
  const json: JsonObject = {
    schema,
    context: description.context,
    tokenizer: description.tokenizer,
    vocabulary_size: description.vocabularySize,
    train_rows: description.trainRows,
    validation_rows: description.validationRows,
  };
  await writeFile(join(folder, 'dataset.json'), `${JSON.stringify(json, null, 2)}\n`);
}

async function rowsInFiles(
  folder: string,
  part: Part,
  { context, count }: { readonly context: number; readonly count: number },
): Promise<TokenRows> {
  const tokenFile = join(folder, `${part}.bin`);
  const scoredFile = join(folder, `${part}.scored.bin`);
  await requireSize(tokenFile, 4 * context * count);
  await requireSize(scoredFile, context * count);
  return {
    context,
    count,
    row: (index) => {
      const tokens = bytesAt(tokenFile, 4 * context * index, 4 * context);
      return {
        tokens: new Int32Array(tokens.buffer),
        scored: bytesAt(scoredFile, context * index, context),
      };
    },
  };
}

/** Opened anew each time: a step reads a few rows, and nobody has to close what a data set holds open. */
function bytesAt(file: string, start: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const handle = openSync(file, 'r');
  try {
    if (readSync(handle, bytes, 0, length, start) === length) return bytes;
  } finally {
    closeSync(handle);
  }
  throw new ModelFileError(
    file,
    'the file became shorter while it was used. Run the stage that made it again.',
  );
}

async function requireSize(file: string, bytes: number): Promise<void> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new ModelFileError(file, 'the file cannot be read. Run the stage that made it again.', { cause });
  });
  if (size === bytes) return;
  throw new ModelFileError(
    file,
    `the file has ${size} bytes, dataset.json asks for ${bytes}. Run the stage that made it again.`,
  );
}

function countIn(json: JsonObject, key: string, file: string): number {
  const value = json[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ModelFileError(file, `the key "${key}" is not a count. Run the stage that made it again.`);
}
