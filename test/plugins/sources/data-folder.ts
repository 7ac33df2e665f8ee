import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ModelFileError } from '../../../src/model/model-file-error.js';

/** A folder of data files that is thrown away. */
export interface DataFolder {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** The message with which reading is refused; `F` stands for the folder. */
  problemOf(steps: AsyncIterable<unknown> | Promise<unknown>): Promise<string>;
  remove(): Promise<void>;
}

/** An empty folder. */
export async function dataFolder(): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), 'hpl-data-'));
  return {
    path,
    write: async (name, content) => {
      const file = join(path, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      return file;
    },
    problemOf: async (steps) => {
      const error = await (Symbol.asyncIterator in steps ? collected(steps) : steps).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof ModelFileError)) throw new Error(`no refusal, but ${String(error)}`);
      return error.message.replaceAll(path, 'F');
    },
    remove: () => rm(path, { recursive: true }),
  };
}

/** Everything that an iteration gives. */
export async function collected<Item>(steps: AsyncIterable<Item>): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of steps) items.push(item);
  return items;
}
