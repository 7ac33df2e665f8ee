import { expect, test } from 'vitest';
import { ModelFileError } from '../../../src/model/model-file-error.js';
import { selectFiles, type Selection } from '../../../src/plugins/sources/place/select-files.js';

const splits = [
  'README.md',
  'dataset_infos.json',
  'data/train-00000-of-00002.parquet',
  'data/train-00001-of-00002.parquet',
  'data/test-00000-of-00001.parquet',
  'data/valid-00000-of-00001.parquet',
];
const flat = ['README.md', 'alpaca_data_cleaned.json', 'notes.txt'];

test.each<[string, readonly string[], Selection, readonly string[]]>([
  ['the split "train" by default', splits, {}, splits.slice(2, 4)],
  ['another split', splits, { split: 'validation' }, splits.slice(5)],
  ['a pattern alone takes every split', splits, { files: 'data/*.parquet' }, splits.slice(2)],
  ['a pattern and a split', splits, { files: '**/*.parquet', split: 'test' }, [splits[4]!]],
  ['one name', splits, { files: 'dataset_infos.json' }, ['dataset_infos.json']],
  ['everything of the best-suited form where no file names a split', flat, {}, ['alpaca_data_cleaned.json']],
  ['a split in a folder name', ['de/train/a.jsonl', 'de/test/a.jsonl'], {}, ['de/train/a.jsonl']],
  [
    'no split inside another word',
    ['constraints.jsonl', 'retrained.jsonl'],
    {},
    ['constraints.jsonl', 'retrained.jsonl'],
  ],
])('%s', (_, names, selection, chosen) => {
  expect(selectFiles(names, selection, 'maker/tiny at main')).toEqual(chosen);
});

test.each<[string, readonly string[], Selection, string]>([
  [
    'no data file',
    ['README.md', 'a.csv'],
    {},
    'the repository has no file that ends in .jsonl, .json, .parquet, .txt. Name another.',
  ],
  [
    'no such split',
    flat,
    { split: 'test' },
    'no file fits the split "test". Its data files are "alpaca_data_cleaned.json", "notes.txt"; set "files" or "split".',
  ],
  [
    'no file that the pattern fits',
    ['a.jsonl'],
    { files: 'data/*', split: 'train' },
    'no file fits the pattern "data/*" and the split "train". Its data files are "a.jsonl"; set "files" or "split".',
  ],
  [
    'no training data, which is never guessed to be the test data',
    Array.from({ length: 9 }, (_, index) => `test-${index}.jsonl`),
    {},
    'no file fits the split "train". Its data files are "test-0.jsonl", "test-1.jsonl", "test-2.jsonl", "test-3.jsonl", "test-4.jsonl", "test-5.jsonl", "test-6.jsonl", "test-7.jsonl" and 1 more; set "files" or "split".',
  ],
])('refused: %s', (_, names, selection, problem) => {
  expect(() => selectFiles(names, selection, 'maker/tiny at main')).toThrow(
    new ModelFileError('maker/tiny at main', problem),
  );
});
