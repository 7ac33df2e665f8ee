import * as tf from '@tensorflow/tfjs';
import { fixedMix } from '../dist/src/model/attention/fixed-mix.js';
import { linearAttention } from '../dist/src/model/attention/linear.js';
import { hedgehog } from '../dist/src/model/feature-maps/hedgehog.js';
import { decode, emptyState } from '../dist/src/model/hybrid/decode.js';
import { WasmBackend } from '../dist/src/plugins/backends/wasm/wasm-backend.js';
import { machine, median, requireGreen } from './gate.mjs';

const lengths = [1024, 2048, 4096, 8192, 16384];
const shape = { heads: 4, features: 64, valueDim: 32 };
const repeats = 5;

requireGreen(['test/model/attention', 'test/model/hybrid']);
await new WasmBackend().start();

function milliseconds(time) {
  const [q, k] = [1, 2].map((seed) =>
    tf.randomUniform([1, shape.heads, time, shape.features], 0, 1, 'float32', seed),
  );
  const v = tf.randomNormal([1, shape.heads, time, shape.valueDim], 0, 1, 'float32', 3);
  const runs = Array.from({ length: repeats + 1 }, () => {
    const start = performance.now();
    const { output, mass } = linearAttention({ queries: q, keys: k, values: v, delay: 0 });
    output.dataSync();
    tf.dispose([output, mass]);
    return performance.now() - start;
  });
  tf.dispose([q, k, v]);
  return median(runs.slice(1));
}

/** Slope of log time over log length, by least squares. */
function exponent(points) {
  const logs = points.map(({ time, ms }) => [Math.log(time), Math.log(ms)]);
  const mean = (index) => logs.reduce((sum, pair) => sum + pair[index], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

console.log(machine());
console.log(`Chunked linear attention, wasm, ${shape.heads} heads, ${shape.features} features, forward:`);
const points = lengths.map((time) => ({ time, ms: milliseconds(time) }));
for (const { time, ms } of points)
  console.log(`  ${String(time).padStart(6)} tokens  ${ms.toFixed(1).padStart(8)} ms`);
console.log(`  time grows as length^${exponent(points).toFixed(2)} (asked: at most 1.15)`);

const featureMap = hedgehog({ activation: 'softmax', size: 32, noise: 0 });
const seed = { child: () => seed, stream: () => ({ normal: () => 0 }) };
const layer = {
  conversion: { window: 16, linearScope: 'all', featureMap, mix: fixedMix({ window: 0.5 }) },
  featureMap: featureMap.parameters({ heads: shape.heads, headSize: 32 }, seed),
  mix: {},
};
const token = () => tf.randomNormal([1, shape.heads, 1, 32]);

/** Decodes token by token, and reports the tensors of tfjs at each mark. */
function decodeUpTo(marks) {
  let state;
  for (let time = 1; time <= Math.max(...marks); time += 1) {
    const tokens = { q: token(), k: token(), v: token() };
    state ??= emptyState(tokens, layer);
    const next = decode(state, tokens, layer);
    tf.dispose([state, next.output, tokens]);
    state = next.state;
    if (!marks.includes(time)) continue;
    const bytes = Object.values(state).reduce((sum, { size }) => sum + 4 * size, 0);
    console.log(
      `  ${String(time).padStart(6)} tokens  ${(bytes / 1024).toFixed(1).padStart(8)} KiB of state, ${tf.memory().numTensors} tensors alive`,
    );
  }
}

console.log('Recurrent decoding, one layer, window 16:');
decodeUpTo([64, 256, 1024, 4096]);
