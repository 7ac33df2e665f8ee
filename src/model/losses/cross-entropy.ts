import * as tf from '@tensorflow/tfjs';
import { frozenProduct, frozenProductSlope, frozenRows } from '../bfloat16/frozen-weight.js';

/** Which token is right at each row, and how much each row counts. */
export interface Targets {
  /** int32 [rows]. */
  readonly tokens: tf.Tensor1D;
  /** float32 [rows], at least one of them positive. */
  readonly weights: tf.Tensor1D;
}

/** Logits of so many numbers are in memory at once; large vocabularies are taken in slices of rows. */
export const numbersAtOnce = 2 ** 23;

/**
 * Weighted mean of -log softmax(hidden outputᵀ)[token] over rows: hidden [rows, hidden], output [vocabulary, hidden].
 * The gradient (softmax minus one-hot, back through the product) is computed on the way forward, slice by slice, so
 * that neither the logits of all rows nor a graph of them is kept. `outputIsFrozen` saves the gradient of `output`;
 * outside a gradient none is computed.
 */
export function crossEntropy(
  hidden: tf.Tensor2D,
  output: tf.Tensor2D,
  targets: Targets,
  { outputIsFrozen = false }: { readonly outputIsFrozen?: boolean } = {},
): tf.Scalar {
  if (tf.engine().state.gradientDepth === 0) return lossAlone(hidden, output, targets);
  if (outputIsFrozen) {
    const apply = tf.customGrad<tf.Scalar>((...inputs) => {
      const [x, save] = inputs as [tf.Tensor2D, tf.GradSaveFunc];
      const { loss, dHidden } = lossAndSlopes(x, output, targets, false);
      save([dHidden]);
      return { value: loss, gradFunc: (dy, saved) => (saved[0] as tf.Tensor).mul(dy) };
    });
    return apply(hidden);
  }
  const apply = tf.customGrad<tf.Scalar>((...inputs) => {
    const [x, weight, save] = inputs as [tf.Tensor2D, tf.Tensor2D, tf.GradSaveFunc];
    const { loss, dHidden, dOutput } = lossAndSlopes(x, weight, targets, true);
    save([dHidden, dOutput]);
    return { value: loss, gradFunc: (dy, saved) => saved.map((slope) => slope.mul(dy)) };
  });
  return apply(hidden, output);
}

/** The same by the formula alone, for tests. */
export function crossEntropyNaive(
  hidden: tf.Tensor2D,
  output: tf.Tensor2D,
  { tokens, weights }: Targets,
): tf.Scalar {
  const logProbabilities = tf.logSoftmax(tf.matMul(hidden, output, false, true));
  const picked = logProbabilities.mul(tf.oneHot(tokens, output.shape[0])).sum(-1);
  return picked.mul(weights).sum().neg().div(weights.sum()).asScalar();
}

interface Slopes {
  readonly loss: tf.Scalar;
  readonly dHidden: tf.Tensor2D;
  readonly dOutput: tf.Tensor2D;
}

function lossAlone(hidden: tf.Tensor2D, output: tf.Tensor2D, targets: Targets): tf.Scalar {
  return tf.tidy(() => {
    const losses = slicesOf(hidden, output, targets).map((slice) =>
      tf.tidy(() => rowLosses(slice, output).loss),
    );
    return tf.addN(losses).asScalar();
  });
}

function lossAndSlopes(
  hidden: tf.Tensor2D,
  output: tf.Tensor2D,
  targets: Targets,
  withOutput: boolean,
): Slopes {
  return tf.tidy(() => {
    const parts = slicesOf(hidden, output, targets).map((slice) =>
      tf.tidy(() => {
        const { loss, exponentials, sums } = rowLosses(slice, output);
        const shares = slice.shares.expandDims<tf.Tensor2D>(1);
        const expected = exponentials.mul<tf.Tensor2D>(shares.div(sums));
        const dOutput = withOutput ? outputSlope(slice, expected, output) : tf.zeros<tf.Rank.R2>([0, 0]);
        return { loss, dHidden: hiddenSlope(slice, expected, output), dOutput };
      }),
    );
    return {
      loss: tf.addN(parts.map(({ loss }) => loss)).asScalar(),
      dHidden: tf.concat(
        parts.map((part) => part.dHidden),
        0,
      ),
      dOutput: tf.addN(parts.map((part) => part.dOutput)),
    };
  });
}

/** The rows in slices whose logits fit into `numbersAtOnce`. */
function slicesOf(hidden: tf.Tensor2D, output: tf.Tensor2D, { tokens, weights }: Targets): readonly Rows[] {
  const rows = hidden.shape[0];
  const shares = weights.div<tf.Tensor1D>(weights.sum());
  const atOnce = Math.max(1, Math.floor(numbersAtOnce / output.shape[0]));
  return Array.from({ length: Math.ceil(rows / atOnce) }, (_, index) => {
    const start = index * atOnce;
    return sliceOfRows({ hidden, tokens, shares }, start, Math.min(atOnce, rows - start));
  });
}

interface Rows {
  readonly hidden: tf.Tensor2D;
  readonly tokens: tf.Tensor1D;
  /** Each row's weight over the sum of all weights. */
  readonly shares: tf.Tensor1D;
}

function sliceOfRows(rows: Rows, start: number, count: number): Rows {
  if (count === rows.hidden.shape[0]) return rows;
  return {
    hidden: rows.hidden.slice([start, 0], [count, -1]),
    tokens: rows.tokens.slice(start, count),
    shares: rows.shares.slice(start, count),
  };
}

interface RowLosses {
  readonly loss: tf.Scalar;
  /** exp(logit - largest logit of the row), and their sums. */
  readonly exponentials: tf.Tensor2D;
  readonly sums: tf.Tensor2D;
}

/** With the row maximum taken off: loss = Σ share (log Σ exp - logit[token]). */
function rowLosses({ hidden, tokens, shares }: Rows, output: tf.Tensor2D): RowLosses {
  const raw = frozenProduct(hidden, output);
  const shifted = raw.sub<tf.Tensor2D>(raw.max(-1, true));
  const exponentials = shifted.exp();
  const sums = exponentials.sum<tf.Tensor2D>(-1, true);
  const [rows, vocabulary] = shifted.shape;
  const places = tf.range(0, rows, 1, 'int32').mul(tf.scalar(vocabulary, 'int32')).add(tokens);
  const picked = tf.gather(shifted.reshape([-1]), places.toInt());
  const loss = sums.log().reshape([-1]).sub(picked).mul(shares).sum().asScalar();
  return { loss, exponentials, sums };
}

/**
 * The slope of the loss in a logit is share (softmax - one-hot); `expected` is share · softmax. Back through the
 * product, the one-hot part takes a row of the output for each row of hidden.
 */
function hiddenSlope({ tokens, shares }: Rows, expected: tf.Tensor2D, output: tf.Tensor2D): tf.Tensor2D {
  const right = frozenRows(output, tokens).mul<tf.Tensor2D>(shares.expandDims(1));
  return frozenProductSlope(expected, output).sub(right);
}

function outputSlope(
  { hidden, tokens, shares }: Rows,
  expected: tf.Tensor2D,
  output: tf.Tensor2D,
): tf.Tensor2D {
  const right = tf.unsortedSegmentSum(hidden.mul<tf.Tensor2D>(shares.expandDims(1)), tokens, output.shape[0]);
  return tf.matMul<tf.Tensor2D>(expected, hidden, true).sub(right);
}
