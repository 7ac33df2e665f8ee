import * as tf from '@tensorflow/tfjs';
import { isBfloat16, toBfloat16 } from '../bfloat16/rounding.js';
import { TensorCache } from '../tensor-cache.js';

/** Added to a score, it leaves no weight; finite, so that no difference of scores is undefined. */
export const hidden = -1e30;

/** Lengths repeat from step to step, so that few masks serve a whole run; evaluation meets more lengths. */
const masks = new TensorCache(24);

/** Which keys a row sees. */
type Visible = (row: number, key: number) => boolean;

/** Queries from position `start` on, and the keys from position 0 on. */
interface CausalRows {
  readonly start: number;
  readonly rows: number;
  readonly keys: number;
  /** Keys that a query sees, its own included; all of them if absent. */
  readonly window?: number | undefined;
}

/**
 * 0 where query `start + row` sees the key at or before it, `hidden` elsewhere: `[rows, keys]`, to be added to scores,
 * whose type it takes. Shared or of the surrounding scope: never dispose a mask.
 */
export function causalMask(
  { start, rows, keys, window = Infinity }: CausalRows,
  scores?: tf.Tensor,
): tf.Tensor2D {
  const made = (name: string, size: number, visible: Visible): tf.Tensor2D =>
    inTypeOf(scores, name, () => additive([rows, size], visible));
  if (window < keys || start + rows !== keys)
    return made(
      `causal ${start} ${rows} ${keys} ${window}`,
      keys,
      (row, key) => key <= start + row && key > start + row - window,
    );
  // Every key before the rows is seen: one triangle serves all runs of a long sequence.
  const triangle = made(`triangle ${rows}`, rows, (row, key) => key <= row);
  if (start === 0) return triangle;
  return tf.pad(triangle, [
    [0, 0],
    [start, 0],
  ]);
}

/**
 * 1 where row sees the key `delay` steps before it or earlier, else 0: `[rows, keys]`, to be multiplied with weights,
 * whose type it takes.
 */
export function causalOnes(rows: number, keys: number, delay: number, weights?: tf.Tensor): tf.Tensor2D {
  return inTypeOf(weights, `ones ${rows} ${keys} ${delay}`, () =>
    filled([rows, keys], (row, key) => (key <= row - delay ? 1 : 0)),
  );
}

function inTypeOf(other: tf.Tensor | undefined, name: string, make: () => tf.Tensor2D): tf.Tensor2D {
  if (other === undefined || !isBfloat16(other)) return masks.get(name, make);
  return masks.get(`rounded ${name}`, () => tf.tidy(() => toBfloat16(make())));
}

/**
 * The mask of blocked window attention: `[blocks, block, window + block]`. Row r of a block sees the keys behind its
 * own, `window` in number, where key 0 lies `window` before the block's first row; the first block has none before it.
 */
export function blockedWindowMask(blocks: number, block: number, window: number): tf.Tensor3D {
  return masks.get(`blocked ${blocks} ${block} ${window}`, () => {
    const inner = values([block, window + block], (row, key) =>
      key > row && key <= row + window ? 0 : hidden,
    );
    const first = values([block, window + block], (row, key) =>
      key >= window && key > row && key <= row + window ? 0 : hidden,
    );
    const all = new Float32Array(blocks * inner.length);
    for (let index = 0; index < blocks; index += 1)
      all.set(index === 0 ? first : inner, index * inner.length);
    return tf.tensor3d(all, [blocks, block, window + block]);
  });
}

/** 1 for queries from `window` on, which have a key outside the window, else 0: `[1, 1, time, 1]`. */
export function hasOutsideKey(time: number, window: number): tf.Tensor4D {
  return masks.get(`outside ${time} ${window}`, () =>
    tf.tensor4d(
      Float32Array.from({ length: time }, (_, row) => (row >= window ? 1 : 0)),
      [1, 1, time, 1],
    ),
  );
}

function additive(shape: readonly [number, number], visible: Visible): tf.Tensor2D {
  return filled(shape, (row, key) => (visible(row, key) ? 0 : hidden));
}

function filled(shape: readonly [number, number], value: (row: number, key: number) => number): tf.Tensor2D {
  return tf.tensor2d(values(shape, value), [...shape]);
}

function values(
  [rows, keys]: readonly [number, number],
  value: (row: number, key: number) => number,
): Float32Array {
  return Float32Array.from({ length: rows * keys }, (_, index) =>
    value(Math.floor(index / keys), index % keys),
  );
}
