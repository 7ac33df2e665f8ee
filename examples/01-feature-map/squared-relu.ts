import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { defineFeatureMap, type FeatureMap, type LayerTensors } from 'hpl';

/** phi(x) = relu([s x, -s x])^2 + floor, with a learned scale s for every feature of a head. */
export default defineFeatureMap({
  name: 'squared_relu',
  summary: 'Squares of the positive and of the negative part, with a learned scale per feature.',
  source: 'Hua et al. 2022, arXiv 2202.10447, for the squared ReLU',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      floor: {
        type: 'number',
        exclusiveMinimum: 0,
        default: 1e-6,
        description: 'Added to every feature, so that no query is left without any key.',
      },
    },
  },
  create: async ({ floor }): Promise<FeatureMap> => {
    // Imported here, not above: checking a file that names this plugin needs no tensors.
    const tf = await import('@tensorflow/tfjs');
    const features = (x: Tensor4D, scale: Tensor | undefined): Tensor4D =>
      tf.tidy(() => {
        if (scale === undefined) throw new Error('squared_relu was given no scale.');
        const scaled = tf.mul(x, scale); // [batch, heads, time, keyDim]
        const parts = tf.concat([tf.relu(scaled), tf.relu(tf.neg(scaled))], -1);
        return tf.add<Tensor4D>(tf.square(parts), floor); // [batch, heads, time, 2 keyDim]
      });
    return {
      parameters: ({ heads, headSize }): LayerTensors => ({
        'query.scale': tf.ones([heads, 1, headSize]),
        'key.scale': tf.ones([heads, 1, headSize]),
      }),
      queries: (q, parameters) => features(q, parameters['query.scale']),
      keys: (k, parameters) => features(k, parameters['key.scale']),
    };
  },
});
