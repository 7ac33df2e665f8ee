import * as tf from '@tensorflow/tfjs';
import { teacherAttention } from '../attention/teacher.js';
import { hybridAttention } from '../hybrid/hybrid-attention.js';
import { layerTensors } from '../hybrid/layer-tensors.js';
import { compareWeights } from './attention-weights.js';
import { outputError } from './output-error.js';
import type { TransferComparison, TransferLayer, TransferObjective } from './transfer-objective.js';

/** Cross-entropy between softmax and linear weights over all keys: the linear branch alone. */
export const attentionWeights: TransferObjective = {
  trains: ['feature_map'],
  compare: ({ input: { q, k, v, layer }, slidingWindow: window, conversion: { featureMap }, trained }) =>
    tf.tidy(() => {
      const tensors = layerTensors(trained, layer, 'feature_map');
      const queries = featureMap.queries(q, tensors);
      const keys = featureMap.keys(k, tensors);
      return { ...compareWeights({ q, k, v, window, queries, keys, positive: featureMap.positive }) };
    }),
};

/** Squared error between the softmax output and that of the linear branch alone, over all keys. */
export const attentionOutput: TransferObjective = {
  trains: ['feature_map'],
  compare: (layer) => compareOutputs(layer, 'linear'),
};

/** Squared error between the softmax output and that of the whole hybrid (LoLCATs). */
export const hybridOutput: TransferObjective = {
  trains: ['feature_map', 'mix'],
  caution:
    'The objective hybrid_output compares the mixed output, so that the window can absorb the error and the linear ' +
    'branch may learn nothing. Ablate the branches before trusting a score, or use attention_weights.',
  compare: (layer) => compareOutputs(layer, 'both'),
};

function compareOutputs(
  { input, slidingWindow, conversion, trained }: TransferLayer,
  branch: 'both' | 'linear',
): TransferComparison {
  return tf.tidy(() => {
    const student = hybridAttention(conversion, trained, {
      branch,
      renormalise: true,
      ...(branch === 'linear' ? { linearScope: 'all' as const } : {}),
    });
    const output = teacherAttention({ slidingWindow })(input);
    return { loss: outputError(student(input), output), output };
  });
}
