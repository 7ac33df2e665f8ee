import * as tf from '@tensorflow/tfjs';
import { frozenProduct, toBfloat16 } from '../dist/src/model/bfloat16/frozen-weight.js';
import { TensorflowBackend } from '../dist/src/plugins/backends/tensorflow/tensorflow-backend.js';
import { cacheFolder } from '../dist/src/plugins/backends/tensorflow/location.js';
import { WasmBackend } from '../dist/src/plugins/backends/wasm/wasm-backend.js';
import { homedir } from 'node:os';
import { performance } from 'node:perf_hooks';
import { machine, median, requireGreen } from './gate.mjs';

const sizes = [512, 1024, 2048];
const repeats = 7;

requireGreen(['test/model/conformance', 'test/model/bfloat16']);

/** Median milliseconds of `work`, which gives a tensor; reading it back is part of the time. */
function milliseconds(work) {
  const runs = Array.from({ length: repeats + 1 }, () => {
    const start = performance.now();
    const result = work();
    result.dataSync();
    result.dispose();
    return performance.now() - start;
  });
  return median(runs.slice(1));
}

/** Milliseconds of each piece of work on the current backend, by its name. */
function measure(withBfloat16) {
  const found = new Map();
  for (const size of sizes) {
    const [a, b] = [1, 2].map((seed) => tf.randomNormal([size, size], 0, 1, 'float32', seed));
    found.set(
      `product ${size}`,
      milliseconds(() => tf.matMul(a, b, false, true)),
    );
    if (withBfloat16) {
      const frozen = toBfloat16(b);
      found.set(
        `product ${size}, bfloat16`,
        milliseconds(() => frozenProduct(a, frozen)),
      );
      frozen.dispose();
    }
    tf.dispose([a, b]);
  }
  const [q, k] = [1, 2].map((seed) => tf.randomNormal([8, 9, 256, 64], 0, 1, 'float32', seed));
  found.set(
    'scores of 8 x 9 heads, 256 tokens',
    milliseconds(() => tf.tidy(() => tf.softmax(tf.matMul(q, k, false, true)))),
  );
  const x = tf.randomNormal([256, 64], 0, 1, 'float32', 3);
  found.set(
    '100 small sums',
    milliseconds(() =>
      tf.tidy(() => {
        let y = x;
        for (let step = 0; step < 100; step += 1) y = tf.add(y, x);
        return y;
      }),
    ),
  );
  tf.dispose([q, k, x]);
  return found;
}

const tensorflow = new TensorflowBackend(
  {
    cache: cacheFolder(process.env, homedir()),
    environment: process.env,
    platform: `${process.platform}-${process.arch}`,
  },
  'auto',
);
console.log(machine());
const wasmInfo = await new WasmBackend().start();
const wasm = measure(false);
const status = await tensorflow.probe();
if (!status.ready) {
  console.log(`tensorflow is not ready: ${status.reason} ${status.remedy}`);
  process.exit(1);
}
const tensorflowInfo = await tensorflow.start();
const native = measure(true);

for (const { name, version, device } of [wasmInfo, tensorflowInfo])
  console.log(`  ${name}: ${version}, ${device}`);
console.log(
  `${''.padEnd(36)}${'wasm'.padStart(10)}${'tensorflow'.padStart(12)}${'times faster'.padStart(14)}`,
);
for (const [name, ms] of native) {
  // Half precision is compared with the same product in float32 on wasm, which has no other.
  const reference = wasm.get(name.replace(', bfloat16', ''));
  const columns = [`${reference.toFixed(1)} ms`.padStart(10), `${ms.toFixed(1)} ms`.padStart(12)];
  console.log(`${name.padEnd(36)}${columns.join('')}${(reference / ms).toFixed(1).padStart(14)}`);
}
