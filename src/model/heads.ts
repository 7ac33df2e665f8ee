import type * as tf from '@tensorflow/tfjs';
import type { Precision } from './bfloat16/precision.js';
import { inFloat32 } from './bfloat16/autocast.js';
import { elementTypes } from './native/element-types.js';
import { fusedOne, hasFusedOperations } from './native/fused.js';
import { elementTypeOf, type Settings } from './native/operations.js';
import { operation } from './operation.js';
import { repeatHeads } from './repeat-heads.js';
import { rotate, sharedRotaryTable, type RotaryPositions } from './rope.js';

/** How rows lie in heads. */
export interface HeadLayout {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  /** Copies of each head that stand side by side behind one another; 1 if absent. */
  readonly repeats?: number;
  /** Where the tokens stand; heads are not turned if absent. */
  readonly positions?: RotaryPositions;
}

/**
 * Rows [batch · time, heads · size] as heads [batch, heads · repeats, time, size] in float32, turned by their positions
 * (`rotate`).
 */
export function splitHeads(rows: tf.Tensor2D, layout: HeadLayout): tf.Tensor4D {
  const { batch, time, heads, repeats = 1, positions } = layout;
  if (hasFusedOperations()) return fusedSplit(rows, layout);
  const split = inFloat32(rows)
    .reshape<tf.Tensor4D>([batch, time, heads, -1])
    .transpose<tf.Tensor4D>([0, 2, 1, 3]);
  return repeatHeads(positions === undefined ? split : rotate(split, positions), heads * repeats);
}

/** Heads [batch, heads, time, size] as rows [batch · time, heads · size], rounded to `precision` where that is free. */
export function joinHeads(x: tf.Tensor4D, precision: Precision): tf.Tensor2D {
  const [batch, heads, time, size] = x.shape;
  if (!hasFusedOperations())
    return inFloat32(x)
      .transpose([0, 2, 1, 3])
      .reshape([batch * time, heads * size]);
  const layout = { batch, time, heads };
  return operation<tf.Tensor2D>({
    inputs: [x],
    compute: () => {
      const types = { T: elementTypes[precision], U: elementTypeOf(x) };
      return turned('JoinHeads', layout, types, x) as tf.Tensor2D;
    },
    gradients: (dy) => [
      () => turned('SplitHeads', layout, { T: elementTypeOf(dy), U: elementTypes.float32 }, dy),
    ],
  });
}

function fusedSplit(rows: tf.Tensor2D, layout: HeadLayout): tf.Tensor4D {
  const T = elementTypeOf(rows);
  return operation<tf.Tensor4D>({
    inputs: [rows],
    compute: () => turned('SplitHeads', layout, { T, U: elementTypes.float32 }, rows) as tf.Tensor4D,
    gradients: (dy) => [() => turned('JoinHeads', layout, { T, U: elementTypeOf(dy) }, dy)],
  });
}

function turned(
  name: 'SplitHeads' | 'JoinHeads',
  { time, heads, repeats = 1, positions }: HeadLayout,
  types: Readonly<Record<'T' | 'U', number>>,
  x: tf.Tensor,
): tf.Tensor {
  const size = name === 'SplitHeads' ? (x.shape[1] ?? 0) / heads : (x.shape[3] ?? 0);
  const table = positions === undefined ? undefined : sharedRotaryTable(time, size, positions);
  const tables = table === undefined ? [] : [table.cosine, table.sine];
  const settings: Settings = {
    types,
    integers: { time, heads, repeats, N: tables.length },
  };
  return fusedOne(name, settings, [x, ...tables]);
}
