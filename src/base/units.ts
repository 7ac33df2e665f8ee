/** What a number of a pipeline file may be measured in. `none` is a bare number. */
export type Dimension =
  'none' | 'tokens' | 'steps' | 'epochs' | 'evals' | 'time' | 'bytes' | 'ratio' | 'standard-errors';

/** One unit as written after a number: its dimension, and the factor to the dimension's base unit. */
export interface Unit {
  readonly dimension: Dimension;
  readonly factor: number;
}

/** Every unit of the language. Base units: tokens, steps, epochs, evals, seconds, bytes, 1. */
export const units: Readonly<Record<string, Unit>> = {
  token: { dimension: 'tokens', factor: 1 },
  tokens: { dimension: 'tokens', factor: 1 },
  step: { dimension: 'steps', factor: 1 },
  steps: { dimension: 'steps', factor: 1 },
  epoch: { dimension: 'epochs', factor: 1 },
  epochs: { dimension: 'epochs', factor: 1 },
  eval: { dimension: 'evals', factor: 1 },
  evals: { dimension: 'evals', factor: 1 },
  ms: { dimension: 'time', factor: 0.001 },
  s: { dimension: 'time', factor: 1 },
  min: { dimension: 'time', factor: 60 },
  h: { dimension: 'time', factor: 3600 },
  B: { dimension: 'bytes', factor: 1 },
  KiB: { dimension: 'bytes', factor: 2 ** 10 },
  MiB: { dimension: 'bytes', factor: 2 ** 20 },
  GiB: { dimension: 'bytes', factor: 2 ** 30 },
  '%': { dimension: 'ratio', factor: 0.01 },
  se: { dimension: 'standard-errors', factor: 1 },
};
