import { expect, test } from 'vitest';
import type { Diagnosis } from '../../src/cli/diagnosis.js';
import { conforms } from '../../src/cli/diagnosis.js';
import { renderDiagnosis } from '../../src/cli/render-diagnosis.js';
import { describeLack } from '../../src/plugins/backends/tensorflow/fused-library.js';
import { plainPalette } from '../../src/report/palette.js';

const wasmInfo = { name: 'wasm', version: 'tfjs 4.22.0', device: 'cpu, 1 thread, SIMD' };
const cpuInfo = { name: 'cpu', version: 'tfjs 4.22.0', device: 'cpu, 1 thread, JavaScript' };

const machine = {
  hpl: '0.1.0',
  node: '20.20.2',
  platform: 'linux-x64',
  processors: 2,
  memoryBytes: 8 * 2 ** 30,
} as const;

const withoutSetup: Diagnosis = {
  ...machine,
  backends: [
    {
      name: 'tensorflow',
      status: {
        ready: false,
        reason: 'TensorFlow is not set up on this machine.',
        remedy: 'Run "npx hpl setup".',
      },
    },
    { name: 'wasm', status: { ready: true, info: wasmInfo } },
    { name: 'cpu', status: { ready: true, info: cpuInfo } },
  ],
};

const compared: Diagnosis = {
  ...machine,
  backends: [
    {
      name: 'tensorflow',
      status: {
        ready: true,
        info: {
          name: 'tensorflow',
          version: 'TensorFlow 2.21.0',
          device: 'NVIDIA H200, 140 GiB',
          bf16: 'native',
        },
      },
      conformance: {
        completed: true,
        cases: [
          { name: 'matMul', outcome: 'agrees', worst: 0.042, place: 'value' },
          { name: 'gather', outcome: 'deviates', worst: 12.5, place: 'slope of input 0' },
          { name: 'softmax', outcome: 'deviates', worst: Infinity, place: 'value' },
        ],
      },
    },
    {
      name: 'wasm',
      status: { ready: true, info: wasmInfo },
      conformance: {
        completed: true,
        cases: [
          { name: 'matMul', outcome: 'agrees', worst: 0, place: 'value' },
          { name: 'gather', outcome: 'fails', reason: "Kernel 'UnsortedSegmentSum' not registered" },
          { name: 'softmax', outcome: 'agrees', worst: 1, place: 'value' },
        ],
      },
    },
  ],
};

test('a machine as npm ci leaves it: what is ready, what is not, and the command that changes it', () => {
  expect(renderDiagnosis(withoutSetup, 100, plainPalette)).toBe(`\
hpl 0.1.0 on Node 20.20.2, linux-x64, 2 processors, 8 GiB of memory

backend      ready   version       device                      bfloat16
───────────────────────────────────────────────────────────────────────
tensorflow   no      -             -                           -
wasm         yes     tfjs 4.22.0   cpu, 1 thread, SIMD         no
cpu          yes     tfjs 4.22.0   cpu, 1 thread, JavaScript   no

"backend = auto" takes wasm.

tensorflow is not ready:
  TensorFlow is not set up on this machine. Run "npx hpl setup".
`);
});

test('a backend that is ready but could be faster says why, and the remedy', () => {
  const slower: Diagnosis = {
    ...machine,
    backends: [
      {
        name: 'tensorflow',
        status: {
          ready: true,
          info: { name: 'tensorflow', version: 'TensorFlow 2.21.0', device: 'cpu, 2 threads, oneDNN' },
          advice: describeLack({
            reason: 'g++ could not compile them:\n/usr/bin/ld: cannot find -lmvec',
            remedy: 'Run "npx hpl setup".',
          }),
        },
      },
    ],
  };
  expect(renderDiagnosis(slower, 100, plainPalette)).toBe(`\
hpl 0.1.0 on Node 20.20.2, linux-x64, 2 processors, 8 GiB of memory

backend      ready   version             device                   bfloat16
──────────────────────────────────────────────────────────────────────────
tensorflow   yes     TensorFlow 2.21.0   cpu, 2 threads, oneDNN   no

"backend = auto" takes tensorflow.

tensorflow could be faster:
  Fused operations are not there. g++ could not compile them:
  /usr/bin/ld: cannot find -lmvec
  Training is slower without them; nothing else changes. Run "npx hpl setup".
`);
});

test('a comparison shows every case, and a sentence for each that is not as on cpu', () => {
  expect(renderDiagnosis(compared, 100, plainPalette)).toBe(`\
hpl 0.1.0 on Node 20.20.2, linux-x64, 2 processors, 8 GiB of memory

backend      ready   version             device                 bfloat16
────────────────────────────────────────────────────────────────────────
tensorflow   yes     TensorFlow 2.21.0   NVIDIA H200, 140 GiB   native
wasm         yes     tfjs 4.22.0         cpu, 1 thread, SIMD    no

"backend = auto" takes tensorflow.

Largest difference from cpu, as a share of what is allowed

operation   tensorflow    wasm
──────────────────────────────
matMul             4 %     0 %
gather          1250 %   fails
softmax       infinite   100 %

tensorflow does not agree with cpu:
  gather: the slope of input 0 differs by 12.5 times what is allowed.
  softmax: the value differs by infinitely more than what is allowed.

wasm does not agree with cpu:
  gather fails: Kernel 'UnsortedSegmentSum' not registered
`);
  expect(conforms(compared)).toBe(false);
  expect(conforms(withoutSetup)).toBe(true);
});

test('a backend whose process died is no agreement', () => {
  const died: Diagnosis = {
    ...machine,
    backends: [
      {
        name: 'wasm',
        status: { ready: true, info: wasmInfo },
        conformance: {
          completed: false,
          reason: 'The process that computed ended early (SIGILL): it said nothing',
        },
      },
    ],
  };
  expect(renderDiagnosis(died, 100, plainPalette)).toContain(`
wasm does not agree with cpu:
  The process that computed ended early (SIGILL): it said nothing
`);
  expect(conforms(died)).toBe(false);
});

test('nothing ready is said in words', () => {
  const [tensorflow] = withoutSetup.backends;
  const nothing: Diagnosis = { ...machine, backends: tensorflow ? [tensorflow] : [] };
  expect(renderDiagnosis(nothing, 100, plainPalette)).toContain('\nNo backend is ready.\n');
});
