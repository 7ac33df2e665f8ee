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
  const chosen = wanted === undefined ? matched : ofSplit(matched, wanted, repository);
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

/**
 * The files of a split. Those whose split is longer, such as "train_sft" where "train" is wanted, do only where there
 * is one such split. Throws a `ModelFileError` where there are several.
 */
function ofSplit(names: readonly string[], split: string, repository: string): readonly string[] {
  const found = names.flatMap((name) => splitsIn(name, split).map((whole) => ({ name, whole })));
  const words = wordsOf(split);
  const exact = found.filter(({ whole }) => words.includes(whole));
  const longer = [...new Set(found.map(({ whole }) => whole))].sort();
  if (exact.length === 0 && longer.length > 1)
    throw new ModelFileError(
      repository,
      `several splits could be "${split}": ${longer.map((whole) => `"${whole}"`).join(', ')}. Set "split" to one of them, or "files" to a pattern.`,
    );
  const chosen = new Set((exact.length > 0 ? exact : found).map(({ name }) => name));
  return names.filter((name) => chosen.has(name));
}

function namesAnySplit(name: string): boolean {
  return Object.keys(splitWords).some((split) => splitsIn(name, split).length > 0);
}

function wordsOf(split: string): readonly string[] {
  return splitWords[split] ?? [split.toLowerCase()];
}

/** The splits that a file's name has where it names `split`: that itself, or a longer one of which it is a part. */
function splitsIn(name: string, split: string): readonly string[] {
  const text = name.toLowerCase();
  return wordsOf(split).flatMap((word) =>
    [...text.matchAll(bounded(word))].map(
      ([, before = '', after = '']) =>
        // The numbers of a split's files do not belong to its name.
        `${before.replace(/^[\d_]+/, '')}${word}${after.replace(/[\d_]+$/, '')}`,
    ),
  );
}

/** A word where no letter continues it, nor a digit where it has one at that end; with the rest that "_" ties to it. */
function bounded(word: string): RegExp {
  const start = /^\d/.test(word) ? '[\\p{L}\\d]' : '\\p{L}';
  const end = /\d$/.test(word) ? '[\\p{L}\\d]' : '\\p{L}';
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`([\\p{L}\\d_]*(?<!${start}))${literal}((?!${end})[\\p{L}\\d_]*)`, 'gu');
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
