import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { machine, median, requireGreen } from './gate.mjs';

// Decoding at the shape of SmolLM2-135M with random weights, ours on tensorflow against PyTorch, each measurement in a
// process of its own, one after another. HPL_PYTHON names a Python that has torch; without it ours runs alone.
// Arguments choose among the measurements: node bench/decode.mjs bf16 recurrent 4096

const config = {
  hiddenSize: 576,
  layers: 30,
  heads: 9,
  keyValueHeads: 3,
  headSize: 64,
  intermediateSize: 1536,
  vocabularySize: 49152,
  contextLength: 8192,
  ropeTheta: 100000,
  rmsNormEpsilon: 1e-5,
  tiedEmbeddings: true,
};
const conversion = { window: 32, features: 64 };
const bar = 0.9;
const tokens = 64;
/** The first tokens record, warm caches up, and are not counted. */
const warmUp = 8;

const measurements = ['fp32', 'bf16'].flatMap((precision) =>
  ['cache', 'recurrent'].flatMap((form) => [1024, 4096].map((context) => ({ precision, form, context }))),
);
const wanted = measurements.filter((one) => {
  const words = Object.values(one).map(String);
  return process.argv.slice(2).every((word) => words.includes(word));
});

requireGreen(['test/model/decode']);

const python = process.env.HPL_PYTHON;
const folder = import.meta.dirname;

function lastLine(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function ours(one) {
  const task = JSON.stringify({ ...one, ...conversion, config, tokens });
  return lastLine(process.execPath, [join(folder, 'decode-ours.mjs'), task]);
}

function theirs(one) {
  const options = {
    ...one,
    ...conversion,
    tokens,
    config: JSON.stringify(config),
    threads: availableParallelism(),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return lastLine(python, [join(folder, 'peers/decode.py'), ...args]);
}

function rate({ seconds }) {
  return 1 / median(seconds.slice(warmUp));
}

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1);

console.log(machine());
if (python === undefined)
  console.log('No PyTorch: set HPL_PYTHON to a Python that has torch (python -m venv, pip install torch).');
const columns = ['ours', 'PyTorch', 'ratio', 'bar', 'state', 'peak', 'PyTorch'];
console.log(`${'tokens/s, MiB'.padEnd(24)}${columns.map((name) => name.padStart(9)).join('')}`);
for (const one of wanted) {
  const own = ours(one);
  const peer = python === undefined ? undefined : theirs(one);
  const ratio = peer === undefined ? undefined : rate(own) / rate(peer);
  const cells = [
    rate(own).toFixed(1),
    peer === undefined ? '-' : rate(peer).toFixed(1),
    ratio === undefined ? '-' : ratio.toFixed(2),
    bar.toFixed(2),
    mebibytes(own.stateBytes),
    own.peakMiB.toFixed(0),
    peer === undefined ? '-' : peer.peakMiB.toFixed(0),
  ];
  const name = `${one.precision} ${one.form} ${one.context}`;
  console.log(`${name.padEnd(24)}${cells.map((cell) => cell.padStart(9)).join('')}`);
}
