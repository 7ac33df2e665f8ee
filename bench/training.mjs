import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync, mkdirSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CpuBackend } from '../dist/src/plugins/backends/cpu/cpu-backend.js';
import { writeGgufFolder } from '../dist/src/model/weights/gguf-folder.js';
import { loadLlama, saveLlama } from '../dist/src/model/weights/hugging-face-folder.js';
import { machine, requireGreen } from './gate.mjs';

// Converting SmolLM2-135M, ours on tensorflow against PyTorch, each measurement in a process of its own, one after
// another, twice in turn; the better one of each side counts. HPL_PYTHON names a Python with torch, safetensors, numpy
// and tokenizers, HPL_PEER the script transfer_torch.py that converts there; without them ours runs alone.
// Arguments choose among the measurements: node bench/training.mjs bf16 lora

const folder = import.meta.dirname;
const settings = { sequence: 1024, window: 32, warmUp: 2, steps: 3 };
/** Asked: speed beside PyTorch's, in bf16 beside our own fp32, and memory beside PyTorch's in fp32. */
const bars = { speed: '0.90', half: '1.30', memory: { fp32: '1.00', bf16: '0.70' }, loraMemory: '0.50' };
/** What PyTorch's script is asked for the same work. */
const works = {
  forward: ['--stage', 'eval', '--modes', 'softmax'],
  evaluation: ['--stage', 'eval', '--modes', 'both'],
  'transfer weights': ['--objective', 'weights'],
  'transfer output': ['--objective', 'output'],
  'transfer hybrid': ['--objective', 'hybrid'],
  lora: ['--stage', 'lora'],
};
const measurements = Object.keys(works).flatMap((work) =>
  ['fp32', 'bf16'].map((precision) => ({ precision, work })),
);
const wanted = measurements.filter(({ precision, work }) =>
  process.argv.slice(2).every((word) => word === precision || work.split(' ').includes(word)),
);

requireGreen(['test/model/losses', 'test/model/bfloat16', 'test/model/hybrid']);

const { HPL_PYTHON: python, HPL_PEER: peer } = process.env;
const isCompared = python !== undefined && peer !== undefined;
const place = mkdtempSync(join(tmpdir(), 'hpl-bench-'));
const model = join(place, 'model');
const texts = join(place, 'texts');

/** The model as PyTorch reads it, and one file for each speech. */
async function prepare() {
  const gguf = execFileSync(process.execPath, [join(folder, '../scripts/get-smollm2.mjs')], {
    encoding: 'utf8',
  }).trim();
  await new CpuBackend().start();
  const source = join(place, 'gguf');
  await writeGgufFolder(gguf, source);
  await saveLlama(model, await loadLlama(source));
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    cpSync(join(source, name), join(model, name));
  mkdirSync(texts);
  const speeches = readFileSync(join(folder, '../data/speeches.jsonl'), 'utf8').trim().split('\n');
  speeches.forEach((line, index) =>
    writeFileSync(join(texts, `${String(index).padStart(3, '0')}.txt`), JSON.parse(line).text),
  );
}

function output(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return stdout.trim().split('\n');
}

function ours(one) {
  const task = JSON.stringify({ ...one, ...settings, model, texts });
  return JSON.parse(output(process.execPath, [join(folder, 'training-ours.mjs'), task]).at(-1));
}

function theirs({ precision, work }) {
  const { sequence, window, warmUp, steps } = settings;
  const all = work === 'forward' || work === 'evaluation' ? steps + 1 : steps + warmUp;
  const options = {
    model,
    text: texts,
    seq: sequence,
    window,
    tokens: all * sequence,
    warmup: warmUp,
    dtype: precision,
    threads: availableParallelism(),
    'decode-ctx': '',
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const lines = output(python, [peer, ...works[work], ...words]);
  const result = JSON.parse(lines.find((line) => line.startsWith('RESULT ')).slice('RESULT '.length));
  return { tokensPerSecond: result.tok_s, peakMiB: result.rss_peak_train ?? result.peak };
}

function best(runs) {
  return {
    tokensPerSecond: Math.max(...runs.map(({ tokensPerSecond }) => tokensPerSecond)),
    peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
  };
}

/** Both sides in turn, so that both meet the same machine. */
function measure(one) {
  const [own, other] = [[], []];
  for (let turn = 0; turn < 2; turn += 1) {
    own.push(ours(one));
    if (isCompared) other.push(theirs(one));
  }
  return { own: best(own), ...(isCompared && { other: best(other) }) };
}

/** A ratio with the bar that it has to pass, or a dash. */
function ratio(ours, reference, bar) {
  if (ours === undefined || reference === undefined) return '-';
  const found = (ours / reference).toFixed(2);
  return bar === undefined ? found : `${found} (${bar})`;
}

function memoryBar({ precision, work }) {
  if (work === 'lora') return bars.loraMemory;
  return work.startsWith('transfer') ? bars.memory[precision] : undefined;
}

/** `whole` holds what was measured in fp32, by work. */
function cellsOf(one, { own, other }, whole) {
  const { precision, work } = one;
  const before = whole.get(work);
  const halfBar = work === 'forward' || work.startsWith('transfer') ? bars.half : undefined;
  return [
    own.tokensPerSecond.toFixed(0),
    other?.tokensPerSecond.toFixed(0) ?? '-',
    ratio(own.tokensPerSecond, other?.tokensPerSecond, bars.speed),
    precision === 'bf16' ? ratio(own.tokensPerSecond, before?.own.tokensPerSecond, halfBar) : '-',
    own.peakMiB.toFixed(0),
    other?.peakMiB.toFixed(0) ?? '-',
    ratio(own.peakMiB, (before?.other ?? other)?.peakMiB, memoryBar(one)),
  ];
}

try {
  await prepare();
  console.log(machine());
  if (!isCompared)
    console.log('No PyTorch: set HPL_PYTHON to a Python that has torch, HPL_PEER to the script.');
  const columns = ['ours', 'PyTorch', 'ratio (bar)', 'x own fp32', 'peak MiB', 'PyTorch', '/ its fp32'];
  console.log(`${'tokens/s'.padEnd(24)}${columns.map((name) => name.padStart(13)).join('')}`);
  const whole = new Map();
  for (const one of wanted) {
    const found = measure(one);
    if (one.precision === 'fp32') whole.set(one.work, found);
    const cells = cellsOf(one, found, whole).map((cell) => cell.padStart(13));
    console.log(`${`${one.precision} ${one.work}`.padEnd(24)}${cells.join('')}`);
  }
} finally {
  rmSync(place, { recursive: true });
}
