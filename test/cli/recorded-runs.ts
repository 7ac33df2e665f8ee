import type { EventBody } from '../../src/runtime/contract/events.js';
import { note, recordRun, started, type Moment } from './record-run.js';

const plan: EventBody = {
  type: 'run.plan',
  stages: [
    note('teacher', 'model', [], { action: 'cached', reason: '' }),
    note('speeches', 'data', ['teacher'], { action: 'cached', reason: '' }),
    note('hybrid', 'convert', ['teacher']),
    note('maps', 'transfer', ['hybrid', 'speeches'], { reason: 'options changed: window 32 -> 16' }),
    note('recover', 'finetune', ['maps', 'speeches'], { action: 'resume', reason: 'stopped at step 40' }),
    note('diagnosis', 'ablate', ['recover']),
  ],
};

const fingerprint = 'c0ffee'.repeat(10) + 'abcd';

const opening: readonly Moment[] = [
  [0, started],
  [0.01, plan],
  [0.02, { type: 'stage.cached', stage: 'teacher', kind: 'model', fingerprint, summary: {} }],
  [0.03, { type: 'stage.cached', stage: 'speeches', kind: 'data', fingerprint, summary: { rows: 640 } }],
  [0.1, { type: 'stage.started', stage: 'hybrid', kind: 'convert', fingerprint, pid: 4243 }],
  [
    0.8,
    {
      type: 'stage.finished',
      stage: 'hybrid',
      fingerprint,
      artifact: fingerprint,
      seconds: 0.7,
      summary: {},
    },
  ],
];

function transfer(from: number, steps: number, perStep: number): readonly Moment[] {
  const training = Array.from({ length: steps }, (_, index): readonly Moment[] => {
    const step = index + 1;
    const at = from + step * perStep;
    const loss = 1.5 + 2.5 * Math.exp(-step / 12);
    return [
      [at, { type: 'stage.metric', stage: 'maps', name: 'train.loss', value: loss, step }],
      [
        at,
        {
          type: 'stage.progress',
          stage: 'maps',
          step,
          of: 40,
          unit: 'steps',
          perSecond: 1 / perStep,
          etaSeconds: (40 - step) * perStep,
        },
      ],
      ...(step % 10 === 0
        ? ([
            [
              at + 0.1,
              { type: 'stage.metric', stage: 'maps', name: 'validation.loss', value: loss + 0.1, step },
            ],
            [at + 0.2, { type: 'stage.checkpoint', stage: 'maps', step }],
          ] as const)
        : []),
    ];
  });
  return [
    [from, { type: 'stage.started', stage: 'maps', kind: 'transfer', fingerprint, pid: 4244 }],
    [
      from + 0.5,
      {
        type: 'stage.log',
        stage: 'maps',
        level: 'info',
        source: 'plugin',
        message: '16,384 trained values in 4 layers',
      },
    ],
    [
      from + 0.6,
      { type: 'stage.log', stage: 'maps', level: 'debug', source: 'plugin', message: 'layer 0: scale 0.125' },
    ],
    [
      from + 0.7,
      {
        type: 'stage.log',
        stage: 'maps',
        level: 'info',
        source: 'native',
        message: 'XNNPACK delegate\ncreated',
      },
    ],
    ...training.flat(),
  ];
}

export const table = {
  title: 'Branches of "recover", held-out text and recall at 64 tokens',
  columns: [
    { name: 'branch' },
    { name: 'perplexity', align: 'right' },
    { name: 'recall', align: 'right' },
    { name: 'difference to SWA + LA', align: 'right' },
    { name: 'recovery', align: 'right' },
  ],
  rows: [
    ['teacher', '6.91', '0.958 ± 0.006', '', ''],
    ['SWA + LA', '7.42', '0.921 ± 0.009', '', '96 %'],
    ['SWA only', '9.80', '0.114 ± 0.010', '−0.807 [−0.829, −0.785]', '12 %'],
    ['LA only', '8.03', '0.847 ± 0.011', '−0.074 [−0.091, −0.057]', '88 %'],
    ['no attention', '61.3', '0.021 ± 0.005', '−0.900 [−0.917, −0.883]', '2 %'],
  ],
  notes: ['± is one standard error over 1000 queries; differences are paired, with 95 % intervals.'],
};

const condition = 'linear.recall.accuracy >= 0.8 * both.recall.accuracy';

function ending(from: number, met: boolean): readonly Moment[] {
  const explanation = met
    ? 'The linear branch alone answers 0.847 of the queries, and 0.8 of what both branches answer is 0.737.'
    : 'The linear branch alone answers 0.034 of the queries, where 0.737 is required. The window alone does as well as both branches: the model lives off the window, and the linear branch has collapsed.';
  return [
    [
      from,
      { type: 'stage.started', stage: 'recover', kind: 'finetune', fingerprint, pid: 4245, resumedFrom: 40 },
    ],
    [from + 8, { type: 'stage.metric', stage: 'recover', name: 'both.loss', value: 2.0041, step: 80 }],
    [from + 8, { type: 'stage.metric', stage: 'recover', name: 'window.loss', value: 2.2831, step: 80 }],
    [
      from + 8,
      {
        type: 'stage.progress',
        stage: 'recover',
        step: 80,
        of: 80,
        unit: 'steps',
        perSecond: 5,
        etaSeconds: 0,
      },
    ],
    [
      from + 9,
      {
        type: 'stage.finished',
        stage: 'recover',
        fingerprint,
        artifact: fingerprint,
        seconds: 9,
        summary: {},
        peakBytes: 812_345_678,
      },
    ],
    [from + 9.1, { type: 'stage.started', stage: 'diagnosis', kind: 'ablate', fingerprint, pid: 4246 }],
    [from + 12, { type: 'stage.progress', stage: 'diagnosis', step: 3, of: 5, unit: 'branches' }],
    [
      from + 14,
      {
        type: 'stage.metric',
        stage: 'diagnosis',
        name: 'linear.recall.accuracy',
        value: met ? 0.847 : 0.034,
        step: 5,
        standardError: 0.011,
      },
    ],
    [
      from + 14,
      {
        type: 'stage.metric',
        stage: 'diagnosis',
        name: 'both.recall.accuracy',
        value: 0.921,
        step: 5,
        standardError: 0.009,
      },
    ],
    [from + 15, { type: 'stage.gate', stage: 'diagnosis', condition, met, explanation }],
    [
      from + 15,
      {
        type: 'stage.finished',
        stage: 'diagnosis',
        fingerprint,
        artifact: fingerprint,
        seconds: 5.9,
        summary: { tables: [table] },
      },
    ],
  ];
}

/** Everything goes well; one stage is slow and one is silent for long. */
export const doneRun = recordRun([
  ...opening,
  ...transfer(1, 40, 0.9),
  [
    39,
    {
      type: 'stage.finished',
      stage: 'maps',
      fingerprint,
      artifact: fingerprint,
      seconds: 38,
      summary: {},
      peakBytes: 912_345_678,
    },
  ],
  ...ending(110, true),
  [126, { type: 'run.finished', status: 'done', exitCode: 0, seconds: 126 }],
]);

/** The linear branch has collapsed, and the gate says so. */
export const gateRun = recordRun([
  ...opening,
  ...transfer(1, 40, 0.2),
  [
    10,
    { type: 'stage.finished', stage: 'maps', fingerprint, artifact: fingerprint, seconds: 9, summary: {} },
  ],
  ...ending(11, false),
  [27, { type: 'run.finished', status: 'gate-not-met', exitCode: 4, seconds: 27 }],
]);

/** A stage fails; what depends on it is skipped. */
export const failedRun = recordRun([
  ...opening,
  ...transfer(1, 12, 0.9),
  [12, { type: 'stage.metric', stage: 'maps', name: 'train.loss', value: 'NaN', step: 13 }],
  [
    12.1,
    {
      type: 'stage.failed',
      stage: 'maps',
      cause: 'The training loss is not a number at step 13; the last finite loss was 2.419.',
      remedy:
        'Lower "learning_rate" of the optimizer (it is 1e-2) or set "clip", then run again: it goes on from step 10.',
      file: 'pipelines/quickstart.hpl',
      line: 24,
      lastLines: ['16,384 trained values in 4 layers', 'gradient norm 1.2e3 at step 12'],
    },
  ],
  [12.1, { type: 'stage.skipped', stage: 'recover', because: 'maps failed' }],
  [12.1, { type: 'stage.skipped', stage: 'diagnosis', because: 'maps failed' }],
  [
    12.2,
    {
      type: 'run.finished',
      status: 'failed',
      exitCode: 1,
      seconds: 12.2,
      resume: 'hpl run pipelines/quickstart.hpl',
    },
  ],
]);

/** Ctrl-C in the middle of a stage. */
export const interruptedRun = recordRun([
  ...opening,
  ...transfer(1, 12, 0.9),
  [12, { type: 'stage.interrupted', stage: 'maps', step: 12 }],
  [12, { type: 'stage.skipped', stage: 'recover', because: 'maps did not finish' }],
  [12, { type: 'stage.skipped', stage: 'diagnosis', because: 'maps did not finish' }],
  [
    12.1,
    {
      type: 'run.finished',
      status: 'interrupted',
      exitCode: 130,
      seconds: 12.1,
      resume: 'hpl run pipelines/quickstart.hpl --set window=16',
    },
  ],
]);
