import * as tf from '@tensorflow/tfjs';
import type { Attention } from '../attention/attention.js';
import type { Adapters } from '../low-rank.js';
import { hiddenStates, outputWeight, type Llama } from '../transformer.js';
import { crossEntropy, type Targets } from './cross-entropy.js';

/** Rows of tokens, and which of them count as targets. */
export interface ScoredTokens {
  /** int32 [batch, time]. */
  readonly tokens: tf.Tensor2D;
  /** float32 [batch, time]: the weight of each token as a target. The first token of a row never counts. */
  readonly scored: tf.Tensor2D;
}

/** How the model attends, and what about it is trained. */
export interface LanguageModelOptions {
  readonly attention: Attention;
  readonly adapters?: Adapters | undefined;
  /** Whether the output projection (the embedding, where tied) gets no gradient. */
  readonly outputIsFrozen?: boolean;
}

/** Mean cross-entropy, in nats, of each scored token given the tokens before it. Differentiable. */
export function languageModelLoss(
  model: Llama,
  { tokens, scored }: ScoredTokens,
  options: LanguageModelOptions,
): tf.Scalar {
  return tf.tidy(() => {
    const { attention, adapters, outputIsFrozen = false } = options;
    const hidden = hiddenStates(model, tokens, attention, adapters);
    const rows = hidden.reshape<tf.Tensor2D>([-1, hidden.shape[2]]);
    return crossEntropy(rows, outputWeight(model), nextTokens(tokens, scored), { outputIsFrozen });
  });
}

/**
 * At position t of a row the target is token t + 1. The last position has none; it takes the row's first token with
 * weight 0, which keeps all positions in one product.
 */
export function nextTokens(tokens: tf.Tensor2D, scored: tf.Tensor2D): Targets {
  return tf.tidy(() => {
    const [batch, time] = tokens.shape;
    const shifted = tf.concat([tokens.slice([0, 1], [batch, time - 1]), tokens.slice([0, 0], [batch, 1])], 1);
    const weights = tf.concat([scored.slice([0, 1], [batch, time - 1]), tf.zeros([batch, 1])], 1);
    return { tokens: shifted.reshape<tf.Tensor1D>([-1]), weights: weights.reshape<tf.Tensor1D>([-1]) };
  });
}
