import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataFilesAt } from '../../../src/plugins/sources/records/data-files.js';
import { textOf, type DataRecord, type Field } from '../../../src/plugins/sources/records/data-record.js';
import { readRecords } from '../../../src/plugins/sources/records/read-records.js';
import { readDocuments } from '../../../src/plugins/sources/text/read-documents.js';
import { collected, dataFolder, type DataFolder } from './data-folder.js';

const parquet = join(import.meta.dirname, '../../reference/parquet');
const text: Field = { key: 'text', option: 'field' };

let folder: DataFolder;
beforeAll(async () => {
  folder = await dataFolder();
});
afterAll(() => folder.remove());

async function contents(file: string, fields?: readonly Field[]): Promise<readonly unknown[]> {
  return (await collected(readRecords(file, fields))).map(({ content }) => content);
}

/** As test/reference/make-parquet-reference.py wrote it. */
const row = (index: number): string =>
  `Row ${index}: my fellow citizens, déjà vu, 𝕏 and ${'again '.repeat(index % 7)}.`;

test.each(['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4', 'plain-pages-v2'])(
  'Parquet as pyarrow writes it is read: %s',
  async (name) => {
    const records = await collected(readRecords(join(parquet, `${name}.parquet`)));
    expect(records.map(({ content }) => content)).toEqual(
      Array.from({ length: 50 }, (_, index) => ({
        id: index,
        text: index === 13 ? null : row(index),
        score: index / 4,
      })),
    );
    expect(records[20]!.place).toBe(`${join(parquet, `${name}.parquet`)}:row 21`);
  },
);

test('of Parquet only the columns asked for are read, nested ones too, and a missing value is no text', async () => {
  const records = await collected(readRecords(join(parquet, 'snappy.parquet'), [text]));
  expect(Object.keys(records[0]!.content)).toEqual(['text']);
  expect(textOf(records[13]!, text)).toBe('');
  expect(await contents(join(parquet, 'messages.parquet'), [{ key: 'messages', option: 'field' }])).toEqual(
    Array.from({ length: 6 }, (_, index) => ({
      messages: [
        { role: 'user', content: `What is ${index} and ${index}?` },
        { role: 'assistant', content: `It is ${2 * index}.` },
      ],
    })),
  );
});

test('lines are read over the seams of pieces, with their numbers, and .json may hold a list or lines', async () => {
  const long = 'ä'.repeat(700_000);
  const lines = await folder.write(
    'long.jsonl',
    `\ufeff{"text": "${long}"}\n\n{"text": "b\u2028c"}\r\n{"text": "${long}"}`,
  );
  const records = await collected(readRecords(lines));
  expect(records.map(({ place }) => place)).toEqual([`${lines}:1`, `${lines}:3`, `${lines}:4`]);
  expect(records.map((record) => textOf(record, text))).toEqual([long, 'b\u2028c', long]);
  expect(records.at(-1)!.read).toBe((await readFile(lines)).length);
  const list = await folder.write('list.json', '\ufeff [{"text": "a"},\n {"text": "b"}]');
  expect(await contents(list)).toEqual([{ text: 'a' }, { text: 'b' }]);
  expect(await contents(await folder.write('lines.json', '{"text": "a"}\n{"text": "b"}\n'))).toEqual([
    { text: 'a' },
    { text: 'b' },
  ]);
});

test('a folder gives every file of a known suffix, in the order of names', async () => {
  for (const name of ['d/b.jsonl', 'd/a.txt', 'd/c.json', 'd/notes.md', 'd/D.PARQUET', 'd/inner/x.txt'])
    await folder.write(name, '');
  expect(await dataFilesAt(join(folder.path, 'd'))).toEqual(
    ['D.PARQUET', 'a.txt', 'b.jsonl', 'c.json'].map((name) => join(folder.path, 'd', name)),
  );
});

const snappy = async (): Promise<Uint8Array> => readFile(join(parquet, 'snappy.parquet'));

/** With one byte changed. */
async function damaged(at: number): Promise<Uint8Array> {
  const bytes = Uint8Array.from(await snappy());
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  return bytes;
}

interface Refused {
  readonly name: string;
  readonly content: string | (() => Promise<Uint8Array>);
  readonly fields?: readonly Field[];
  readonly message: string;
}

const parquetColumns = 'Its columns are "id", "text", "score"; name one of them as "field".';

test.each<Refused>([
  {
    name: 'cut.parquet',
    content: async () => (await snappy()).subarray(0, 2000),
    message:
      'F/cut.parquet: the file ends after 2000 bytes without the index of a Parquet file: it was cut short. Fetch or write it again.',
  },
  {
    name: 'head.parquet',
    content: async () => (await snappy()).subarray(0, 4),
    message:
      'F/head.parquet: the file ends after 4 bytes without the index of a Parquet file: it was cut short. Fetch or write it again.',
  },
  {
    name: 'other.parquet',
    content: '{"text": "a"}\n',
    message:
      'F/other.parquet: it does not begin with "PAR1", so it is no Parquet file. Give it the suffix of what it is.',
  },
  {
    name: 'empty.parquet',
    content: '',
    message:
      'F/empty.parquet: it does not begin with "PAR1", so it is no Parquet file. Give it the suffix of what it is.',
  },
  {
    name: 'index.parquet',
    content: async () => damaged((await snappy()).length - 6),
    message: 'F/index.parquet: the index at its end cannot be read (WHY). Fetch or write the file again.',
  },
  {
    name: 'page.parquet',
    content: () => damaged(90),
    message: 'F/page.parquet: row group 1 of 3 cannot be read (WHY). Fetch or write the file again.',
  },
  {
    name: 'column.parquet',
    content: snappy,
    fields: [{ key: 'body', option: 'field' }],
    message: `F/column.parquet: there is no column "body". ${parquetColumns}`,
  },
  {
    name: 'object.json',
    content: '{\n "text": "a"\n}',
    message: 'F/object.json:1: this line is not valid JSON (WHY). Correct or remove it.',
  },
  {
    name: 'broken.json',
    content: '[{"text": "a"},]',
    message: 'F/broken.json: the file is not valid JSON (WHY). Correct or remove it.',
  },
  {
    name: 'numbers.json',
    content: '[{"text": "a"}, 5]',
    message: 'F/numbers.json:item 2: this item is no JSON object. Write a list of objects.',
  },
  {
    name: 'broken.jsonl',
    content: '{"text": "a"}\n{"text": "b\n',
    message: 'F/broken.jsonl:2: this line is not valid JSON (WHY). Correct or remove it.',
  },
  {
    name: 'plain.txt',
    content: 'a',
    message: 'F/plain.txt: plain text has no fields. Name a .jsonl, .json or .parquet file.',
  },
])('refused with the place and the remedy: $name', async ({ name, content, fields, message }) => {
  const file = await folder.write(name, typeof content === 'string' ? content : await content());
  const found = await folder.problemOf(readRecords(file, fields));
  expect(message.includes('(WHY)') ? found.replace(/\(.*\)/, '(WHY)') : found).toBe(message);
});

test.each<[string, string]>([
  ['table.csv', 'the suffix ".csv" is not known'],
  ['archive.jsonl.gz', 'the suffix ".gz" is not known'],
  ['README', 'its name has no suffix'],
])('%s is refused: %s', async (name, problem) => {
  const file = await folder.write(name, 'text\n');
  expect(await folder.problemOf(dataFilesAt(file))).toBe(
    `F/${name}: ${problem}. Known are .jsonl, .json, .parquet, .txt; convert the file, or rename it if it is one of them.`,
  );
});

const found = (content: object, noun: DataRecord['noun']): DataRecord => ({
  content: content as DataRecord['content'],
  place: `x:${noun} 2`,
  noun,
  read: 0,
});

test.each<[DataRecord, Field, string]>([
  [
    found({ body: 'a', year: 1 }, 'line'),
    text,
    'x:line 2: this line has no text under "text". Its keys are "body", "year"; name one of them as "field".',
  ],
  [
    found({ text: 5 }, 'row'),
    text,
    'x:row 2: "text" of this row is 5, no text. Put it in quotes or remove the row.',
  ],
  [
    found({ text: null }, 'item'),
    text,
    'x:item 2: "text" of this item is null, no text. Put it in quotes or remove the item.',
  ],
  [
    found({ input: ['a'] }, 'line'),
    { key: 'input', option: 'input', optional: true },
    'x:line 2: "input" of this line is ["a"], no text. Put it in quotes or remove the line.',
  ],
])('no text is no text: %j', (record, field, message) => {
  expect(() => textOf(record, field)).toThrow(
    expect.objectContaining({ name: 'ModelFileError', message }) as Error,
  );
});

const placeOf = (file: string) => ({ name: file, files: [file] });

test('tasks read the same forms into memory, as many documents as they ask for', async () => {
  const documents = await readDocuments(placeOf(join(parquet, 'zstd.parquet')), 'text', 14);
  expect(documents.at(-1)).toEqual({ text: row(14), origin: 'zstd.parquet:row 15' });
  expect(documents).toHaveLength(14);
  const blank = await folder.write('blank.json', '[{"text": " "}]');
  expect(await folder.problemOf(readDocuments(placeOf(blank), 'text'))).toBe(
    'F/blank.json: there is no text in it. Name a file with at least one document.',
  );
});

test('a long text file comes in parts that end with a line, and no character is lost', async () => {
  const paragraph = `${'Fellow citizens of the Senate – 𝕏.'.repeat(40)}\n\n  indented\n`;
  const whole = paragraph.repeat(Math.ceil((9 << 20) / Buffer.byteLength(paragraph)));
  const file = await folder.write('long.txt', `\ufeff${whole}`);
  const [document, ...others] = await readDocuments(placeOf(file), 'text');
  expect(others).toEqual([]);
  expect(document!.text === whole).toBe(true);
});
