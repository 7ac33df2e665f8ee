import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { normals } from './tensors.js';

type Outputs = (...inputs: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];

/** A scalar that reads every output with its own fixed weights, so that no gradient can hide. */
function readAll(outputs: Outputs): (...inputs: tf.Tensor[]) => tf.Scalar {
  return (...inputs) => {
    const found = outputs(...inputs);
    const list = found instanceof tf.Tensor ? [found] : found;
    const parts = list.map((x, index) => tf.sum(tf.mul(x, normals(`reader ${index}`, x.shape as [number]))));
    return tf.addN(parts as tf.Scalar[]);
  };
}

/** The gradients of a fixed linear reading of the outputs, for every input. */
export function gradientsOf(outputs: Outputs, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  return tf.grads(readAll(outputs))([...inputs]);
}

/**
 * Fails where an analytic gradient differs from central differences along random directions. In single precision on
 * the cpu backend the differences themselves are good to about 1e-3 of the gradient's size.
 */
export function expectTrueGradients(outputs: Outputs, inputs: readonly tf.Tensor[]): void {
  const step = 1e-2;
  const reading = readAll(outputs);
  const gradients = gradientsOf(outputs, inputs);
  inputs.forEach((input, position) => {
    for (const name of ['first', 'second', 'third']) {
      const direction = normals(`direction ${name}`, input.shape as [number]);
      const at = (signed: number): number => {
        const moved = tf.add(input, tf.mul(direction, signed));
        return reading(...inputs.map((x, index) => (index === position ? moved : x))).dataSync()[0]!;
      };
      const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
      const gradient = gradients[position]!;
      const analytic = tf.sum(tf.mul(gradient, direction)).dataSync()[0]!;
      const size = tf.norm(gradient).dataSync()[0]! + 1;
      expect(Math.abs(slope - analytic) / size, `input ${position}, ${name} direction`).toBeLessThan(5e-3);
    }
  });
}
