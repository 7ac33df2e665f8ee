import * as tf from '@tensorflow/tfjs';

/**
 * Mean negative log-probability of the scored tokens, in nats, each predicted from the tokens before it; 0 where none
 * is scored. Logits `[batch, time, vocabulary]`; tokens (int32) and scored (1 or 0) `[batch, time]`. The first token
 * is never scored, whatever stands there.
 */
export function nextTokenLoss(logits: tf.Tensor3D, tokens: tf.Tensor2D, scored: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const vocabulary = logits.shape[2];
    const { targets, weights } = shifted(tokens, scored);
    const operation = tf.customGrad((...given) => {
      const [x, save] = given as unknown as [tf.Tensor2D, tf.GradSaveFunc];
      const [value, probabilities] = tf.tidy(() => {
        const all = tf.softmax(x, -1);
        return [tf.sum(tf.mul(negativeLogProbabilities(x, all, targets), weights)), all];
      });
      save([probabilities, targets, weights]);
      return { value, gradFunc: (dy, saved) => gradient(dy, saved, vocabulary) };
    });
    return operation(tf.reshape(logits, [-1, vocabulary])) as tf.Scalar;
  });
}

interface Targets {
  /** The token to predict at each position, `[batch * time]`. */
  readonly targets: tf.Tensor1D;
  /** Its part in the mean. */
  readonly weights: tf.Tensor1D;
}

/** What each position predicts: the next token. The last position of a row predicts nothing. */
function shifted(tokens: tf.Tensor2D, scored: tf.Tensor2D): Targets {
  const next = (x: tf.Tensor2D): tf.Tensor1D =>
    tf.reshape(
      tf.pad(tf.slice(x, [0, 1]), [
        [0, 0],
        [0, 1],
      ]),
      [-1],
    );
  const counted = next(scored);
  return { targets: next(tokens), weights: tf.div(counted, tf.maximum(tf.sum(counted), 1)) };
}

/** log sum exp(x) - x_target per row. The probability of the largest logit is 1 / sum exp(x - max x). */
function negativeLogProbabilities(
  x: tf.Tensor2D,
  probabilities: tf.Tensor2D,
  targets: tf.Tensor1D,
): tf.Tensor1D {
  const [rows, vocabulary] = x.shape;
  const places = tf.add<tf.Tensor1D>(
    tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(vocabulary, 'int32')),
    targets,
  );
  const chosen = tf.gather(tf.reshape(x, [-1]), places);
  const logSum = tf.sub(tf.max(x, -1), tf.log(tf.max(probabilities, -1)));
  return tf.sub<tf.Tensor1D>(logSum, chosen);
}

function gradient(dy: tf.Tensor, saved: tf.Tensor[], vocabulary: number): tf.Tensor {
  return tf.tidy(() => {
    const [probabilities, targets, weights] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
    const error = tf.sub(probabilities, tf.oneHot(targets, vocabulary, 1, 0, 'float32'));
    return tf.mul(error, tf.expandDims(tf.mul(weights, dy), 1));
  });
}
