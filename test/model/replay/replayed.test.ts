import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeEach, expect, test } from 'vitest';
import { Replayed } from '../../../src/model/replay/replayed.js';
import { useTensorflow } from '../use-tensorflow.js';

beforeEach(useTensorflow);

type Pair = { readonly x: tf.Tensor1D; readonly y: tf.Tensor1D };

/** Results of calls with x = [call, 1] and y = [2, 2]; how often the work itself was done. */
function calls(
  work: (inputs: Pair) => Record<string, tf.Tensor>,
  count: number,
): { readonly seen: readonly unknown[]; readonly done: number } {
  let done = 0;
  const replayed = new Replayed((inputs: Pair) => {
    done += 1;
    return work(inputs);
  });
  const seen = Array.from({ length: count }, (_, call) => {
    const inputs = { x: tf.tensor1d([call, 1]), y: tf.tensor1d([2, 2]) };
    const results = replayed.run(inputs);
    const values = Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name, [...tensor.dataSync()]]),
    );
    tf.dispose([inputs, results]);
    return values;
  });
  replayed.dispose();
  return { seen, done };
}

test('work is done twice, then replayed for the inputs of each call', () => {
  const { seen, done } = calls(({ x, y }) => ({ sum: tf.add(x, y), product: tf.mul(x, y) }), 5);
  expect(done).toBe(2);
  expect(seen).toEqual([0, 1, 2, 3, 4].map((call) => ({ sum: [call + 2, 3], product: [2 * call, 2] })));
});

test('results that are inputs, or the same twice, can be disposed of each on its own', () => {
  const { seen } = calls(({ x, y }) => {
    const sum = tf.add(x, y);
    return { x: tf.clone(x), sum, again: tf.clone(sum) };
  }, 4);
  expect(seen[3]).toEqual({ x: [3, 1], sum: [5, 3], again: [5, 3] });
});

test('casts and reshapes that change nothing fall away, others stay', () => {
  const { seen } = calls(({ x }) => {
    const column = tf.reshape(tf.reshape(tf.cast(x, 'float32'), [1, 2]), [2, 1]);
    return { table: tf.add(column, tf.reshape(x, [1, 2])), back: tf.reshape(column, [2]) };
  }, 4);
  expect(seen[3]).toEqual({ table: [6, 4, 4, 2], back: [3, 1] });
});

test('what does not depend on the inputs is computed once and kept', () => {
  const weight = tf.tensor1d([10, 20]);
  const before = tf.memory().numTensors;
  const { seen } = calls(({ x }) => ({ y: tf.add(x, tf.square(tf.neg(weight))) }), 4);
  expect(seen[3]).toEqual({ y: [103, 401] });
  expect(tf.memory().numTensors).toBe(before);
  weight.dispose();
});

test.each(['as a graph', 'operation by operation'])(
  'a tensor given twice, or with its clone, is replayed beside constants %s',
  (form) => {
    const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean };
    backend.isUsingGpuDevice = form !== 'as a graph';
    const weight = tf.tensor1d([10, 20]);
    let done = 0;
    const replayed = new Replayed(({ x, y, z }: Readonly<Record<'x' | 'y' | 'z', tf.Tensor>>) => {
      done += 1;
      return { sum: tf.add(tf.add(tf.mul(x, weight), tf.square(y)), tf.mul(z, tf.neg(weight))) };
    });
    const run = (x: tf.Tensor, y: tf.Tensor, z: tf.Tensor): number[] =>
      tf.tidy(() => [...replayed.run({ x, y, z }).sum.dataSync()]);
    const numbers = [1, 2, 3, 4].map((value) => tf.tensor1d([value, value + 1]));
    try {
      const equal = numbers.map((x) => run(x, x, tf.clone(x)));
      expect(done).toBe(2);
      expect(equal).toEqual([1, 2, 3, 4].map((value) => [value ** 2, (value + 1) ** 2]));
      // Other tensors in their places are not the same any more.
      const [a, b, c] = numbers as [tf.Tensor, tf.Tensor, tf.Tensor];
      expect([1, 2, 3].map(() => run(a, b, c))).toEqual(Array(3).fill([-16, -31]));
      expect(done).toBe(4);
    } finally {
      replayed.dispose();
      backend.isUsingGpuDevice = false;
    }
  },
);

test('inputs of another shape are worked on anew', () => {
  const replayed = new Replayed(({ x }: { readonly x: tf.Tensor }) => ({ y: tf.sum(x) }));
  const sums = [2, 2, 2, 3, 3, 3, 2].map((size) => {
    const x = tf.ones([size]);
    const { y } = replayed.run({ x });
    const [sum] = y.dataSync();
    tf.dispose([x, y]);
    return sum;
  });
  replayed.dispose();
  expect(sums).toEqual([2, 2, 2, 3, 3, 3, 2]);
});

test('settings that are no whole numbers come through', () => {
  const { seen, done } = calls(({ x }) => ({ y: tf.leakyRelu(tf.sub(x, 2), 0.625) }), 4);
  expect(done).toBe(2);
  expect(seen[3]).toEqual({ y: [1, -0.625] });
});

test('work whose settings no graph holds is replayed operation by operation', () => {
  // Lists of numbers.
  const pooled = (x: tf.Tensor): tf.Tensor =>
    tf.maxPool(tf.reshape<tf.Rank.R4>(x, [1, 1, 2, 1]), 1, 1, 'valid').flatten();
  const { seen, done } = calls(({ x }) => ({ y: pooled(tf.sub(x, 2)) }), 4);
  expect(done).toBe(2);
  expect(seen[3]).toEqual({ y: [1, -1] });
});

/** Results of four calls of x + y while a function of the binding fails. */
function callsWithout(name: 'loadSavedModel' | 'tensorDataSync'): readonly unknown[] {
  const backend = tf.backend() as unknown as { binding: object };
  const real = backend.binding;
  const fail = (): never => {
    throw new Error('out of order');
  };
  const replayed = new Replayed(({ x }: { readonly x: tf.Tensor }) => ({ y: tf.add(x, tf.square(3)) }));
  backend.binding = Object.create(real, { [name]: { value: fail } }) as object;
  try {
    const results = [0, 1, 2, 3].map((call) => replayed.run({ x: tf.tensor1d([call]) }));
    backend.binding = real;
    return results.map(({ y }) => [...y.dataSync()]);
  } finally {
    backend.binding = real;
    replayed.dispose();
  }
}

test('work that TensorFlow refuses to load as a graph is replayed operation by operation', () => {
  expect(callsWithout('loadSavedModel')).toEqual([[9], [10], [11], [12]]);
});

test('other errors while a graph is built are not hidden', () => {
  expect(() => callsWithout('tensorDataSync')).toThrow('out of order');
});

test('a folder that cannot be written to leaves work to be replayed operation by operation', () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = join(import.meta.filename, 'no folder');
  try {
    const { seen, done } = calls(({ x, y }) => ({ sum: tf.add(x, y) }), 4);
    expect(done).toBe(2);
    expect(seen[3]).toEqual({ sum: [5, 3] });
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

test('a result that no input reaches is the same every time, and disposed of each time', () => {
  const { seen } = calls(({ x }) => ({ y: tf.neg(x), one: tf.neg(tf.scalar(-1)) }), 4);
  expect(seen[3]).toEqual({ y: [-3, -1], one: [1] });
});

test('constants may be freed once the work was recorded', () => {
  let weight = tf.tensor1d([10, 20]);
  const replayed = new Replayed(({ x }: { readonly x: tf.Tensor }) => ({ y: tf.add(x, weight) }));
  const run = (): unknown => tf.tidy(() => [...replayed.run({ x: tf.tensor1d([1, 2]) }).y.dataSync()]);
  expect([run(), run()]).toEqual(Array(2).fill([11, 22]));
  weight.dispose();
  weight = tf.tensor1d([0, 0]);
  expect(run()).toEqual([11, 22]);
  replayed.dispose();
});
