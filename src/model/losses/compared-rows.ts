import type * as tf from '@tensorflow/tfjs';

/** Scaled queries, keys and values, as factors of products. */
export interface Teacher {
  readonly q: tf.Tensor3D;
  readonly k: tf.Tensor3D;
  readonly v: tf.Tensor3D;
  readonly window: number | undefined;
}

/** Queries and keys after the feature map, `[groups, time, features]`. */
export interface Features {
  readonly queries: tf.Tensor3D;
  readonly keys: tf.Tensor3D;
  readonly positive: boolean;
}

/** The loss, and the softmax attention `[groups, time, valueDim]`. */
export type Values = Readonly<Record<'output', tf.Tensor3D> & Record<'loss', tf.Scalar>>;
/** The same with gradients, which are those of the sum over rows, not of the mean. */
export type LossAndGradients = Values & Readonly<Record<'dQueries' | 'dKeys', tf.Tensor3D>>;
