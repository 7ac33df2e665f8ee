// One measurement of bench/decode.mjs in a process of its own, so that its peak memory is its own.
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { rootSeed } from '../dist/src/base/seed.js';
import { jointMix } from '../dist/src/model/attention/joint-mix.js';
import { hasHalfPrecision, intoBfloat16 } from '../dist/src/model/bfloat16/bfloat16-weights.js';
import { Decoder } from '../dist/src/model/decode/decoder.js';
import { decodingThreads } from '../dist/src/model/decode/decoding-threads.js';
import { hybridDecoding } from '../dist/src/model/decode/hybrid-decoding.js';
import { withPackedProjections } from '../dist/src/model/decode/packed-projections.js';
import { sampleToken } from '../dist/src/model/decode/sample-token.js';
import { softmaxDecoding } from '../dist/src/model/decode/softmax-decoding.js';
import { hedgehog } from '../dist/src/model/feature-maps/hedgehog.js';
import { initialTensors } from '../dist/src/model/hybrid/layer-tensors.js';
import { parameterShapes } from '../dist/src/model/parameters.js';
import { tensorflow } from '../dist/src/plugins/backends/tensorflow.js';

const { config, precision, form, context, tokens, window, features } = JSON.parse(process.argv[2]);

process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
// As hpl generate sets it.
process.env.TF_NUM_INTRAOP_THREADS ??= String(decodingThreads(availableParallelism()));
const backend = await tensorflow.create({ device: 'cpu' }, {});
const { version } = await backend.start();

function randomModel() {
  const parameters = [...parameterShapes(config)].map(([name, shape], index) => {
    if (name.endsWith('norm.weight')) return [name, tf.ones(shape)];
    const weight = tf.randomNormal(shape, 0, 0.04, 'float32', index + 1);
    return [name, precision === 'bf16' && hasHalfPrecision(shape) ? intoBfloat16(weight) : weight];
  });
  return withPackedProjections({ config, parameters: new Map(parameters) });
}

function recurrent() {
  const featureMap = hedgehog({ activation: 'softmax', size: features, noise: 0.1 });
  const conversion = { window, linearScope: 'outside_window', mix: jointMix({ gamma: 0.1 }), featureMap };
  return hybridDecoding(conversion, initialTensors(conversion, config, rootSeed(1)), 'both');
}

const decoder = new Decoder(randomModel(), {
  decoding:
    form === 'cache'
      ? softmaxDecoding({ precision: precision === 'bf16' ? 'bfloat16' : 'float32' })
      : recurrent(),
});
decoder.take(Array.from({ length: context }, (_, index) => index % 1000)).dispose();
const seconds = [];
let token = 5;
for (let made = 0; made < tokens; made += 1) {
  const start = performance.now();
  const scores = decoder.take([token]);
  token = sampleToken(await scores.data(), { temperature: 0 });
  scores.dispose();
  seconds.push((performance.now() - start) / 1000);
}
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ seconds, stateBytes: decoder.stateBytes, peakMiB, version }));
