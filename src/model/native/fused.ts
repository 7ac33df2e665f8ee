import type * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import { nativeBackend } from './native-backend.js';
import { executeAll, handleOf, tensorFrom, type Settings } from './operations.js';

/** The operations in `native/`, each of which does in one pass over memory what takes TensorFlow several. */
export type FusedOperation =
  | 'CausalSoftmax'
  | 'FromBlocks'
  | 'GatedUnit'
  | 'GatedUnitGradient'
  | 'JoinHeads'
  | 'LinearGradient'
  | 'LinearSums'
  | 'LinearSumsGradient'
  | 'LowerTriangle'
  | 'Mix'
  | 'MixGradient'
  | 'NormalisedGradient'
  | 'Residual'
  | 'RmsNorm'
  | 'RmsNormGradient'
  | 'SoftmaxFeatures'
  | 'SoftmaxFeaturesGradient'
  | 'SplitHeads'
  | 'SumOfOthers'
  | 'ToBlocks'
  | 'WeightTerms'
  | 'WindowSoftmax'
  | 'WindowSoftmaxGradient';

/**
 * Whether the current backend has them: native TensorFlow on a processor, where setup could compile them. Elsewhere the
 * same is computed by operations of tfjs, which are also what tests compare with.
 */
export function hasFusedOperations(): boolean {
  return nativeBackend()?.hasFusedOperations === true;
}

/** Executes a fused operation. Has no gradient of its own; the caller owns the outputs. */
export function fused(
  name: FusedOperation,
  settings: Settings,
  inputs: readonly tf.Tensor[],
  outputs: number,
): readonly tf.Tensor[] {
  return executeAll(`Hpl${name}`, settings, inputs.map(handleOf), outputs).map(tensorFrom);
}

/** Executes a fused operation of one output. */
export function fusedOne(name: FusedOperation, settings: Settings, inputs: readonly tf.Tensor[]): tf.Tensor {
  const [output] = fused(name, settings, inputs, 1);
  if (output === undefined) throw new InternalError(`no output of ${name}`);
  return output;
}
