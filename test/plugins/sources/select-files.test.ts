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
const chat = ['gen', 'sft'].flatMap((kind) => [
  `data/test_${kind}-00000-of-00001.parquet`,
  `data/train_${kind}-00000-of-00002.parquet`,
  `data/train_${kind}-00001-of-00002.parquet`,
]);
const odd = ['a/split-1.jsonl', 'a/split-10.jsonl', 'a/en.v2-00000.jsonl', 'a/en.v2b.jsonl'];
const flat = ['README.md', 'alpaca_data_cleaned.json', 'notes.txt'];

test.each<[string, readonly string[], Selection, readonly string[]]>([
  ['the split "train" by default', splits, {}, splits.slice(2, 4)],
  ['another split', splits, { split: 'validation' }, splits.slice(5)],
  ['a pattern alone takes every split', splits, { files: 'data/*.parquet' }, splits.slice(2)],
  ['a pattern and a split', splits, { files: '**/*.parquet', split: 'test' }, [splits[4]!]],
  ['one name', splits, { files: 'dataset_infos.json' }, ['dataset_infos.json']],
  ['everything of the best-suited form where no file names a split', flat, {}, ['alpaca_data_cleaned.json']],
  ['a split in a folder name', ['de/train/a.jsonl', 'de/test/a.jsonl'], {}, ['de/train/a.jsonl']],
  ['a split with "_"', chat, { split: 'train_sft' }, chat.slice(4)],
  ['a split with "-" and a digit', odd, { split: 'split-1' }, ['a/split-1.jsonl']],
  ['a split with "." and a digit', odd, { split: 'en.v2' }, ['a/en.v2-00000.jsonl']],
  [
    'a split in capitals',
    ['Train_SFT.jsonl', 'train_gen.jsonl'],
    { split: 'Train_sft' },
    ['Train_SFT.jsonl'],
  ],
  ['the one split that "train" is a part of', chat.slice(0, 3), {}, chat.slice(1, 3)],
  ['"train" itself before what it is a part of', ['train_1.jsonl', 'train_sft.jsonl'], {}, ['train_1.jsonl']],
  [
    'another name of a split',
    ['my_dev_2.jsonl', 'my_train.jsonl'],
    { split: 'validation' },
    ['my_dev_2.jsonl'],
  ],
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
    'several splits that "train" is a part of',
    chat,
    {},
    'several splits could be "train": "train_gen", "train_sft". Set "split" to one of them, or "files" to a pattern.',
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
