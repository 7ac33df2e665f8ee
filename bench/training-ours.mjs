// One measurement of bench/training.mjs in a process of its own, so that its peak memory is its own.
import * as tf from '@tensorflow/tfjs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootSeed } from '../dist/src/base/seed.js';
import { fixedMix } from '../dist/src/model/attention/fixed-mix.js';
import { jointMix } from '../dist/src/model/attention/joint-mix.js';
import { teacherAttention } from '../dist/src/model/attention/teacher.js';
import { hedgehog } from '../dist/src/model/feature-maps/hedgehog.js';
import { hybridAttention } from '../dist/src/model/hybrid/hybrid-attention.js';
import { initialTensors, ofLayer, partOf } from '../dist/src/model/hybrid/layer-tensors.js';
import { LanguageModelGradients } from '../dist/src/model/losses/language-model-gradients.js';
import { languageModelLoss } from '../dist/src/model/losses/language-model-loss.js';
import * as objectives from '../dist/src/model/losses/transfer-objectives.js';
import { lowRankAdapter } from '../dist/src/model/low-rank-adapter.js';
import { adamW } from '../dist/src/model/optimizers/adamw.js';
import { readTokenizer } from '../dist/src/model/tokenizer.js';
import { loadLlama } from '../dist/src/model/weights/hugging-face-folder.js';
import { tensorflow } from '../dist/src/plugins/backends/tensorflow.js';
import { TransferSteps } from '../dist/src/plugins/stages/transfer/transfer-step.js';

const { model, texts, work, precision, sequence, window, warmUp, steps } = JSON.parse(process.argv[2]);

process.env.TF_CPP_MIN_LOG_LEVEL ??= '3';
const backend = await tensorflow.create({ device: 'cpu' }, {});
await backend.start();

const llama = await loadLlama(model, precision === 'bf16' ? 'bfloat16' : 'float32');
const tokens = await someTokens((warmUp + steps) * sequence);

async function someTokens(count) {
  const tokenizer = await readTokenizer(model);
  const found = [];
  for (const name of (await readdir(texts)).sort()) {
    if (found.length >= count) break;
    found.push(...tokenizer.encode(await readFile(join(texts, name), 'utf8')));
  }
  return found.slice(0, count);
}

function batch(step) {
  const ids = tokens.slice(step * sequence, (step + 1) * sequence);
  return {
    tokens: tf.tensor2d(ids, [1, sequence], 'int32'),
    scored: tf.ones([1, sequence]),
  };
}

/** LoLCATs' form wherever the window takes part: one denominator, the linear branch outside the window. */
function conversionFor(wanted) {
  const joint = wanted !== 'weights' && wanted !== 'output';
  return {
    window,
    linearScope: joint ? 'outside_window' : 'all',
    featureMap: hedgehog({ activation: 'softmax', noise: 0 }),
    mix: joint ? jointMix({ gamma: 0.1 }) : fixedMix({ window: 0.5 }),
  };
}

/** A step is the gradients and the optimizer's update, as in a stage. */
function training(initial, learningRate, gradientsOf) {
  const optimizer = adamW({
    learningRate: { peak: learningRate, warmupSteps: 0, decay: 'constant', finalShare: 1 },
    betas: [0.9, 0.999],
    epsilon: 1e-8,
    weightDecay: 0,
    clipNorm: 1,
  });
  let parameters = initial;
  let state = optimizer.initialState(parameters);
  return (step) => {
    const { loss, gradients } = gradientsOf(parameters, batch(step));
    const update = optimizer.update(parameters, gradients, state, { step: step + 1, of: warmUp + steps });
    const value = loss.dataSync()[0];
    tf.dispose([loss, ...gradients.values(), ...parameters.values(), ...state.values()]);
    ({ parameters, state } = update);
    return value;
  };
}

function transfer(name) {
  const objective = {
    weights: objectives.attentionWeights,
    output: objectives.attentionOutput,
    hybrid: objectives.hybridOutput,
  }[name];
  const conversion = conversionFor(name);
  const trained = initialTensors(conversion, llama.config, rootSeed(1));
  const own = new Map(
    [...trained]
      .filter(([tensor]) => objective.trains.some((part) => partOf(tensor) === part))
      .map(([tensor, value]) => [tensor, value.clone()]),
  );
  const steps = new TransferSteps({ llama, conversion, trained, objective });
  return training(own, 1e-2, (parameters, rows) => {
    const { layerLosses, ...found } = steps.of(parameters, rows.tokens);
    tf.dispose([layerLosses, rows]);
    return found;
  });
}

function lora() {
  const conversion = conversionFor('lora');
  const maps = initialTensors(conversion, llama.config, rootSeed(1));
  const targets = ['q', 'k', 'v', 'o'].map((name) => `self_attn.${name}_proj`);
  const gradients = new LanguageModelGradients(llama);
  const adapter = lowRankAdapter({ rank: 8, alpha: 16, targets });
  return training(adapter.parameters(llama.config, rootSeed(2)), 1e-4, (trained, rows) => {
    tf.engine().startScope();
    const attention = hybridAttention(conversion, maps, { branch: 'both', renormalise: true });
    const parts = { attention, adapters: adapter.apply(trained) };
    const found = gradients.of({ trained, parts, reads: (layer) => ofLayer(maps, layer) }, rows);
    for (const tensor of [found.loss, ...found.gradients.values()]) tf.keep(tensor);
    tf.engine().endScope();
    tf.dispose(rows);
    return found;
  });
}

function forward(attention) {
  return (step) => tf.tidy(() => languageModelLoss(llama, batch(step), { attention }).dataSync()[0]);
}

function hybridForward() {
  const conversion = conversionFor('evaluation');
  const maps = initialTensors(conversion, llama.config, rootSeed(1));
  return forward(hybridAttention(conversion, maps, { branch: 'both', renormalise: true }));
}

const kinds = {
  forward: () => forward(teacherAttention(llama.config)),
  evaluation: hybridForward,
  'transfer weights': () => transfer('weights'),
  'transfer output': () => transfer('output'),
  'transfer hybrid': () => transfer('hybrid'),
  lora,
};
const step = kinds[work]();
// Peak memory from here on: what loading took is over.
await writeFile('/proc/self/clear_refs', '5');
for (let index = 0; index < warmUp; index += 1) step(index);
const start = performance.now();
let loss;
for (let index = warmUp; index < warmUp + steps; index += 1) loss = step(index);
const seconds = (performance.now() - start) / 1000;
const [, peak] = /VmHWM:\s+(\d+)/.exec(await readFile('/proc/self/status', 'utf8'));
console.log(
  JSON.stringify({ tokensPerSecond: (steps * sequence) / seconds, peakMiB: Number(peak) / 1024, loss }),
);
