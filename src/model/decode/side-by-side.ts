import { nativeBackend } from '../native/native-backend.js';

/** So many rows, or heads, from `start` on. */
export interface Part {
  readonly start: number;
  readonly count: number;
}

/**
 * The parts that work on so many rows or heads is best done in, cut at a multiple of `unit`. For the few rows of a new
 * token TensorFlow uses one core, so on a processor there are two parts, which a replayed graph computes side by side.
 */
export function sideBySide(count: number, unit = 1): readonly Part[] {
  const middle = Math.floor(count / 2 / unit) * unit;
  if (nativeBackend()?.isUsingGpuDevice !== false || middle === 0) return [{ start: 0, count }];
  return [
    { start: 0, count: middle },
    { start: middle, count: count - middle },
  ];
}
