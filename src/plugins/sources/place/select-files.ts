import picomatch from 'picomatch';
import { ModelFileError } from '../../../model/model-file-error.js';
import { dataSuffixes, isDataFile } from '../records/data-files.js';

/** Which files of a repository are wanted. */
export interface Selection {
  /** A name or a pattern. */
  readonly files?: string;
  readonly split?: string;
}

/** How files name the usual splits, as Hugging Face's Python library reads them. */
const splitWords: Readonly<Record<string, readonly string[]>> = {
  train: ['train', 'training'],
  validation: ['validation', 'valid', 'dev', 'val'],
  test: ['test', 'testing', 'eval', 'evaluation'],
};

/**
 * The data files of a repository that are wanted. Without a pattern, only those of the best-suited form that is there;
 * without a pattern and a split, those of "train" where any file names a split. Throws a `ModelFileError` that lists
 * what is there.
 */
export function selectFiles(
  names: readonly string[],
  { files, split }: Selection,
  repository: string,
): readonly string[] {
  const data = names.filter(isDataFile);
  const fits = files === undefined ? undefined : picomatch(files);
  const matched = fits === undefined ? ofOneForm(data) : data.filter((name) => fits(name));
  const wanted = split ?? (files === undefined && matched.some(namesAnySplit) ? 'train' : undefined);
  const chosen = wanted === undefined ? matched : matched.filter((name) => namesSplit(name, wanted));
  if (chosen.length > 0) return chosen;
  throw new ModelFileError(repository, missing(data, { files, split: wanted }));
}

/** Many repositories hold the same rows in several forms, and small .json and .txt files that are no data. */
function ofOneForm(names: readonly string[]): readonly string[] {
  for (const suffix of ['.parquet', '.jsonl', '.json', '.txt']) {
    const found = names.filter((name) => name.toLowerCase().endsWith(suffix));
    if (found.length > 0) return found;
  }
  return [];
}

function namesAnySplit(name: string): boolean {
  return Object.keys(splitWords).some((split) => namesSplit(name, split));
}

function namesSplit(name: string, split: string): boolean {
  const words = name.toLowerCase().split(/[-._ \d/]+/);
  return (splitWords[split] ?? [split.toLowerCase()]).some((word) => words.includes(word));
}

const shown = 8;

function missing(
  data: readonly string[],
  { files, split }: { readonly files: string | undefined; readonly split: string | undefined },
): string {
  if (data.length === 0)
    return `the repository has no file that ends in ${dataSuffixes.join(', ')}. Name another.`;
  const asked = [
    ...(files === undefined ? [] : [`the pattern "${files}"`]),
    ...(split === undefined ? [] : [`the split "${split}"`]),
  ];
  const list = data.slice(0, shown).map((name) => `"${name}"`);
  const more = data.length > shown ? ` and ${data.length - shown} more` : '';
  return `no file fits ${asked.join(' and ')}. Its data files are ${list.join(', ')}${more}; set "files" or "split".`;
}
