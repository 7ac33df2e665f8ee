import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ModelFileError } from '../../../model/model-file-error.js';

/** The forms of data files, by suffix. */
export const dataSuffixes = ['.jsonl', '.json', '.parquet', '.txt'] as const;

export type DataSuffix = (typeof dataSuffixes)[number];

/** The form of a file. Throws a `ModelFileError` that lists the known ones. */
export function suffixOf(file: string): DataSuffix {
  const suffix = extname(file).toLowerCase();
  const known = dataSuffixes.find((candidate) => candidate === suffix);
  if (known !== undefined) return known;
  const found = suffix === '' ? 'its name has no suffix' : `the suffix "${suffix}" is not known`;
  throw new ModelFileError(
    file,
    `${found}. Known are ${dataSuffixes.join(', ')}; convert the file, or rename it if it is one of them.`,
  );
}

/**
 * A file, or those of a folder that have a known suffix, in the order of their names. Folders inside are left out.
 * Rejects with a `ModelFileError`.
 */
export async function dataFilesAt(path: string): Promise<readonly string[]> {
  const files = await filesAt(path, dataSuffixes);
  if (files[0] === path) suffixOf(path);
  return files;
}

/**
 * A file of any name, or those of a folder whose names have one of these endings, in the order of their names. Rejects
 * with a `ModelFileError`.
 */
export async function filesAt(path: string, endings: readonly string[]): Promise<readonly string[]> {
  if (!(await statOf(path)).isDirectory()) return [path];
  const fits = (name: string): boolean =>
    extname(name) !== '' && endings.some((ending) => name.toLowerCase().endsWith(ending));
  const names = (await readdir(path)).filter(fits).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new ModelFileError(
    path,
    `the folder has no file that ends in ${endings.join(', ')}. Name a file, or another folder.`,
  );
}

/** What is at a path. Rejects with a `ModelFileError`. */
export async function statOf(path: string): Promise<Stats> {
  return stat(path).catch((cause: unknown) => {
    throw new ModelFileError(path, 'the file does not exist or cannot be read. Check the path.', { cause });
  });
}

/** Whether the suffix is a known one. */
export function isDataFile(name: string): boolean {
  return (dataSuffixes as readonly string[]).includes(extname(name).toLowerCase());
}
