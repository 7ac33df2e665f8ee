import * as tf from '@tensorflow/tfjs';
import { seedAt } from '../../base/seed.js';
import { reasonOf } from '../../base/reason.js';
import type { OperationCase, Tolerance } from './operation-case.js';

/** What came of one case on one backend. */
export type CaseResult = { readonly name: string } & (
  | {
      readonly outcome: 'agrees' | 'deviates';
      /** The largest difference from `cpu` in units of what is allowed: above 1 it deviates. */
      readonly worst: number;
      /** Where that is: `value`, or `slope of input 1`. */
      readonly place: string;
    }
  /** The operation threw: its kernel or gradient is missing. */
  | { readonly outcome: 'fails'; readonly reason: string }
);

/** Numbers that a case gave, by the place where they belong. */
type Numbers = ReadonlyMap<string, Float32Array>;

/**
 * Computes each case on the backend and on `cpu`, which both must be registered with tfjs, and compares the values and
 * the slopes in every input. Leaves tfjs on `backend`. The inputs are the same on every machine.
 */
export async function runConformance(
  backend: string,
  cases: readonly OperationCase[],
): Promise<readonly CaseResult[]> {
  const expected: Numbers[] = [];
  await useBackend('cpu');
  for (const item of cases) expected.push(await evaluate(item));
  await useBackend(backend);
  const results: CaseResult[] = [];
  for (const [index, item] of cases.entries())
    results.push(await compareCase(item, expected[index] ?? new Map<string, Float32Array>()));
  return results;
}

async function useBackend(name: string): Promise<void> {
  // A backend that does not start leaves tfjs on another one without an exception.
  const taken = await tf.setBackend(name);
  await tf.ready();
  if (!taken || tf.getBackend() !== name) throw new Error(`tfjs has no working backend "${name}"`);
}

async function compareCase(item: OperationCase, expected: Numbers): Promise<CaseResult> {
  let found: Numbers;
  try {
    found = await evaluate(item);
  } catch (error) {
    return {
      name: item.name,
      outcome: 'fails',
      reason: reasonOf(error),
    };
  }
  let worst = 0;
  let place = 'value';
  for (const [where, numbers] of expected) {
    const distance = largestDistance(found.get(where), numbers, item.tolerance);
    if (distance > worst) [worst, place] = [distance, where];
  }
  return { name: item.name, outcome: worst <= 1 ? 'agrees' : 'deviates', worst, place };
}

/** In units of the tolerance; infinite where lengths differ or a number is none. */
function largestDistance(
  found: Float32Array | undefined,
  expected: Float32Array,
  tolerance: Tolerance,
): number {
  if (found?.length !== expected.length) return Infinity;
  const { absolute, relative } = tolerance;
  return expected.reduce((largest, value, index) => {
    const distance = Math.abs((found[index] ?? NaN) - value) / (absolute + relative * Math.abs(value));
    return Math.max(largest, Number.isNaN(distance) ? Infinity : distance);
  }, 0);
}

/** The value, and the slopes of a weighted sum of it, so that every element's slope counts differently. */
async function evaluate(item: OperationCase): Promise<Numbers> {
  const tensors = tf.tidy(() => {
    const inputs = item.inputs.map((shape, index) => input(item, shape, `input ${index}`));
    const value = item.compute(...inputs);
    if (item.slopes === false) return { value };
    const weights = input(item, value.shape, 'weights');
    const slopes = tf.grads((...given: tf.Tensor[]) => tf.sum(tf.mul(item.compute(...given), weights)))(
      inputs,
    );
    return { value, ...Object.fromEntries(slopes.map((slope, index) => [`slope of input ${index}`, slope])) };
  });
  try {
    const numbers = new Map<string, Float32Array>();
    // Not synchronously: WebGPU cannot be read so.
    for (const [place, tensor] of Object.entries(tensors))
      numbers.set(place, Float32Array.from(await tensor.data()));
    return numbers;
  } finally {
    tf.dispose(tensors);
  }
}

function input(item: OperationCase, shape: readonly number[], name: string): tf.Tensor {
  const stream = seedAt(`conformance/${item.name}/${name}`).stream();
  const next = item.numbers === 'positive' ? () => 0.5 + 2 * stream.next() : () => stream.normal();
  return tf.tensor(Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, next), [...shape]);
}
