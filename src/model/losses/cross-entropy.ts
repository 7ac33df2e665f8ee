import * as tf from '@tensorflow/tfjs';

/** Which token is right at each row, and how much each row counts. */
export interface Targets {
  /** int32 [rows]. */
  readonly tokens: tf.Tensor1D;
  /** float32 [rows], at least one of them positive. */
  readonly weights: tf.Tensor1D;
}

/** Logits of so many numbers are in memory at once; large vocabularies are taken in slices of rows. */
const numbersAtOnce = 2 ** 22;

/**
 * Weighted mean of -log softmax(hidden outputᵀ)[token] over rows: hidden [rows, hidden], output [vocabulary, hidden].
 * The gradient (softmax minus one-hot, back through the product) is computed on the way forward, slice by slice, so
 * that neither the logits of all rows nor a graph of them is kept. `outputIsFrozen` saves the gradient of `output`.
 */
export function crossEntropy(
  hidden: tf.Tensor2D,
  output: tf.Tensor2D,
  targets: Targets,
  { outputIsFrozen = false }: { readonly outputIsFrozen?: boolean } = {},
): tf.Scalar {
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

function lossAndSlopes(
  hidden: tf.Tensor2D,
  output: tf.Tensor2D,
  { tokens, weights }: Targets,
  withOutput: boolean,
): Slopes {
  return tf.tidy(() => {
    const rows = hidden.shape[0];
    const shares = weights.div<tf.Tensor1D>(weights.sum());
    const rowsAtOnce = Math.max(1, Math.floor(numbersAtOnce / output.shape[0]));
    const losses: tf.Tensor[] = [];
    const slopes: tf.Tensor2D[] = [];
    let dOutput: tf.Tensor2D = tf.zeros([withOutput ? output.shape[0] : 0, output.shape[1]]);
    for (let start = 0; start < rows; start += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - start);
      const slice = sliceOfRows({ hidden, tokens, shares }, start, count);
      const part = tf.tidy(() => {
        const { loss, dLogits } = logitSlopes(slice, output);
        const dHidden = tf.matMul<tf.Tensor2D>(dLogits, output);
        const dWeight = withOutput ? tf.matMul<tf.Tensor2D>(dLogits, slice.hidden, true) : dHidden;
        return { loss, dHidden, dWeight };
      });
      losses.push(part.loss);
      slopes.push(part.dHidden);
      if (withOutput) dOutput = start === 0 ? part.dWeight : dOutput.add(part.dWeight);
    }
    return {
      loss: losses.length === 1 ? (losses[0] as tf.Scalar) : tf.addN(losses).asScalar(),
      dHidden: slopes.length === 1 ? (slopes[0] as tf.Tensor2D) : tf.concat(slopes, 0),
      dOutput,
    };
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

/** With the row maximum taken off: loss = Σ share (log Σ exp - logit[token]), slope = share (softmax - one-hot). */
function logitSlopes(
  { hidden, tokens, shares }: Rows,
  output: tf.Tensor2D,
): { readonly loss: tf.Scalar; readonly dLogits: tf.Tensor2D } {
  const vocabulary = output.shape[0];
  const raw = tf.matMul<tf.Tensor2D>(hidden, output, false, true);
  const shifted = raw.sub<tf.Tensor2D>(raw.max(-1, true));
  const exponentials = shifted.exp();
  const sums = exponentials.sum<tf.Tensor2D>(-1, true);
  const right = tf.oneHot(tokens, vocabulary).toFloat() as tf.Tensor2D;
  const picked = shifted.mul(right).sum(-1);
  const loss = sums.log().reshape([-1]).sub(picked).mul(shares).sum().asScalar();
  const dLogits = exponentials
    .div<tf.Tensor2D>(sums)
    .sub<tf.Tensor2D>(right)
    .mul<tf.Tensor2D>(shares.expandDims(1));
  return { loss, dLogits };
}
