import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { chooseRun, writeRows } from '../../../src/model/decode/write-rows.js';
import { expectClose, normals, useBackend } from '../tensors.js';

beforeEach(() => useBackend('wasm'));

const parts = 3;
const size = 7;

test.each([
  { first: 0, count: 1, kind: 'one row' },
  { first: 6, count: 1, kind: 'the last row' },
  { first: 0, count: 3, kind: 'rows at the start' },
  { first: 2, count: 3, kind: 'rows inside' },
  { first: 4, count: 3, kind: 'rows at the end' },
  { first: 0, count: 7, kind: 'all rows' },
  { first: 5, count: 4, kind: 'rows at the end, then at the start' },
])('a run is written in every part of a table: $kind', ({ first, count }) => {
  tf.engine().startScope();
  const table = normals<tf.Rank.R2>('table', [parts * size, 2]);
  const values = normals<tf.Rank.R2>('values', [parts * count, 2]);
  const expected = table.arraySync();
  for (const [index, row] of values.arraySync().entries())
    expected[Math.floor(index / count) * size + ((first + (index % count)) % size)] = row;
  const written = writeRows(table, chooseRun({ parts, size, first, count }), values);
  expectClose(written, tf.tensor2d(expected), 1e-6);
  tf.engine().endScope();
});

test('the choice of many rows in one run takes no memory', () => {
  const choice = chooseRun({ parts: 8, size: 4096, first: 512, count: 128 });
  expect(Object.values(choice).map(({ size }: tf.Tensor) => size)).toEqual([0]);
  tf.dispose(choice);
});
