import * as tf from '@tensorflow/tfjs';
import type { Attention } from './attention/attention.js';
import { frozenProduct } from './bfloat16/frozen-weight.js';
import type { Adapters } from './low-rank.js';
import { hiddenStates, outputWeight, type Llama } from './transformer.js';

/** A sequence and the places in it where the next token is asked for. */
export interface ScoredSequence {
  readonly tokens: readonly number[];
  readonly scored: readonly { readonly position: number; readonly target: number }[];
}

/** What a model says at the scored positions of one sequence, in their order. */
export interface PositionScores {
  /** Natural logarithm of the probability of each target. */
  readonly logProbabilities: readonly number[];
  /** The most probable token at each position; the first of equals. */
  readonly answers: readonly number[];
}

/** How the model attends while it is scored. */
export interface ScoringParts {
  readonly attention: Attention;
  readonly adapters?: Adapters | undefined;
  /** Logits held at once, 2^22 by default; more positions are taken in slices, so that they do not fill the memory. */
  readonly logitsAtOnce?: number;
}

/**
 * Scores a batch of sequences, in one forward pass and one reading back. Shorter sequences are padded on the right,
 * which a causal model does not see. Logits are computed at the scored positions alone.
 */
export async function scorePositions(
  model: Llama,
  batch: readonly ScoredSequence[],
  { attention, adapters, logitsAtOnce = 2 ** 22 }: ScoringParts,
): Promise<readonly PositionScores[]> {
  const length = Math.max(...batch.map(({ tokens }) => tokens.length));
  const places = batch.flatMap(({ scored }, row) =>
    scored.map(({ position, target }) => ({ at: row * length + position, target })),
  );
  if (places.length === 0) return batch.map(() => ({ logProbabilities: [], answers: [] }));
  // One tensor for both, so that the device is waited for once: [2, positions].
  const scores = tf.tidy(() => {
    const hidden = hiddenStates(model, paddedTokens(batch, length), attention, adapters);
    const rows = hidden.reshape<tf.Tensor2D>([-1, model.config.hiddenSize]);
    const slices = inSlices(places, Math.max(1, Math.floor(logitsAtOnce / model.config.vocabularySize)));
    return tf.concat(
      slices.map((slice) => scoreRows(model, rows, slice)),
      1,
    );
  });
  const values = await scores.data();
  scores.dispose();
  return splitBySequence(batch, Array.from(values.subarray(0, places.length)), [
    ...values.subarray(places.length),
  ]);
}

interface Place {
  /** Row of the flattened hidden states. */
  readonly at: number;
  readonly target: number;
}

/** Log-probabilities of the targets and most probable tokens, [2, places]. Token ids below 2^24 are exact in float32. */
function scoreRows(model: Llama, rows: tf.Tensor2D, places: readonly Place[]): tf.Tensor2D {
  return tf.tidy(() => {
    const vocabulary = model.config.vocabularySize;
    const indices = tf.tensor1d(
      places.map(({ at }) => at),
      'int32',
    );
    const logits = frozenProduct(tf.gather(rows, indices), outputWeight(model)); // [places, vocabulary]
    const flatTargets = tf.tensor1d(
      places.map(({ target }, index) => index * vocabulary + target),
      'int32',
    );
    const ofTargets = tf.gather(logits.flatten(), flatTargets);
    const logProbabilities = ofTargets.sub(tf.logSumExp(logits, 1));
    return tf.stack([logProbabilities, logits.argMax(1).toFloat()]) as tf.Tensor2D;
  });
}

function paddedTokens(batch: readonly ScoredSequence[], length: number): tf.Tensor2D {
  const padded = new Int32Array(batch.length * length);
  batch.forEach(({ tokens }, row) => {
    padded.set(tokens, row * length);
  });
  return tf.tensor2d(padded, [batch.length, length], 'int32');
}

function inSlices<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  const slices: (readonly Item[])[] = [];
  for (let first = 0; first < items.length; first += size) slices.push(items.slice(first, first + size));
  return slices;
}

function splitBySequence(
  batch: readonly ScoredSequence[],
  logProbabilities: readonly number[],
  answers: readonly number[],
): readonly PositionScores[] {
  let first = 0;
  return batch.map(({ scored }) => {
    const [start, end] = [first, first + scored.length];
    first = end;
    return { logProbabilities: logProbabilities.slice(start, end), answers: answers.slice(start, end) };
  });
}
