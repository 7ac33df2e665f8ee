import type * as tf from '@tensorflow/tfjs';
import { elementTypes } from '../native/element-types.js';
import { fusedOne } from '../native/fused.js';
import { elementTypeOf, type Settings } from '../native/operations.js';

/** How a sequence lies in blocks of `block` rows, the last one filled up with zeros. */
export interface BlockLayout {
  /** Rows of the sequence. */
  readonly time: number;
  readonly block: number;
  /** Rows before its own that a block begins with; 0 if absent. */
  readonly before?: number;
  /** Steps that rows come later, zeros before them; 0 if absent. */
  readonly delay?: number;
  /** What rows are multiplied with; 1 if absent. */
  readonly scale?: number;
}

/**
 * Rows `[groups, time, size]` as `[groups * blocks, before + block, size]` of a type of elements, in one fused pass. No
 * gradient.
 */
export function toBlocks(x: tf.Tensor, layout: BlockLayout, type: number): tf.Tensor3D {
  const types = { T: elementTypeOf(x), U: type };
  return fusedOne('ToBlocks', { types, ...settingsOf(layout) }, [x]) as tf.Tensor3D;
}

/** What sums are divided by: a mass of each row `[groups, time, 1]` and epsilon. */
export interface Divisor {
  readonly mass: tf.Tensor;
  readonly epsilon: number;
}

/** The transpose of `toBlocks` of a sum of tensors, in float32. No gradient. */
export function fromBlocks(
  parts: readonly [tf.Tensor, ...tf.Tensor[]],
  layout: BlockLayout,
  divisor?: Divisor,
): tf.Tensor3D {
  const masses = divisor === undefined ? [] : [divisor.mass];
  const types = { T: elementTypeOf(parts[0]), U: elementTypes.float32 };
  const { integers, numbers } = settingsOf(layout);
  return fusedOne(
    'FromBlocks',
    {
      types,
      integers: { ...integers, N: parts.length, M: masses.length },
      numbers: { ...numbers, epsilon: divisor?.epsilon ?? 0 },
    },
    [...parts, ...masses],
  ) as tf.Tensor3D;
}

function settingsOf({
  time,
  block,
  before = 0,
  delay = 0,
  scale = 1,
}: BlockLayout): Required<Pick<Settings, 'integers' | 'numbers'>> {
  return { integers: { time, block, before, delay }, numbers: { scale } };
}
