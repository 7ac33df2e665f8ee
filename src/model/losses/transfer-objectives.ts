import * as tf from '@tensorflow/tfjs';
import { hybridAttention } from '../hybrid/hybrid-attention.js';
import { layerTensors } from '../hybrid/layer-tensors.js';
import { attentionWeightsLoss } from './attention-weights.js';
import { outputError } from './output-error.js';
import type { TransferLayer, TransferObjective } from './transfer-objective.js';

/** Cross-entropy between softmax and linear weights over all keys: the linear branch alone. */
export const attentionWeights: TransferObjective = {
  trains: ['feature_map'],
  loss: ({ input: { q, k, layer }, conversion: { featureMap }, trained }) =>
    tf.tidy(() => {
      const tensors = layerTensors(trained, layer, 'feature_map');
      return attentionWeightsLoss({
        q,
        k,
        queries: featureMap.queries(q, tensors),
        keys: featureMap.keys(k, tensors),
      });
    }),
};

/** Squared error between the softmax output and that of the linear branch alone, over all keys. */
export const attentionOutput: TransferObjective = {
  trains: ['feature_map'],
  loss: (layer) => errorOf(layer, 'linear'),
};

/** Squared error between the softmax output and that of the whole hybrid (LoLCATs). */
export const hybridOutput: TransferObjective = {
  trains: ['feature_map', 'mix'],
  caution:
    'The objective hybrid_output compares the mixed output, so that the window can absorb the error and the linear ' +
    'branch may learn nothing. Ablate the branches before trusting a score, or use attention_weights.',
  loss: (layer) => errorOf(layer, 'both'),
};

function errorOf(
  { input, output, conversion, trained }: TransferLayer,
  branch: 'both' | 'linear',
): tf.Scalar {
  return tf.tidy(() => {
    const attention = hybridAttention(conversion, trained, {
      branch,
      renormalise: true,
      ...(branch === 'linear' ? { linearScope: 'all' as const } : {}),
    });
    return outputError(attention(input), output);
  });
}
