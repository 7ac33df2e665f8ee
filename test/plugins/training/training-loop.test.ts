import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Condition } from '../../../src/base/condition.js';
import { lossAndGradients } from '../../../src/model/gradients.js';
import { adamW } from '../../../src/model/optimizers/adamw.js';
import { writeTensors } from '../../../src/model/weights/tensor-files.js';
import type { Training, TrainingResult } from '../../../src/plugins/training/training.js';
import { trainingLoop } from '../../../src/plugins/training/training-loop.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import { normals, useBackend } from '../../model/tensors.js';
import { checkpointsIn, stageBench, type BenchRun, type StageBench } from '../stage-bench.js';
import { rowsInMemory } from '../dataset-in-memory.js';

let bench: StageBench;
beforeAll(async () => {
  await useBackend('cpu');
  bench = await stageBench();
});
afterAll(() => bench.remove());

const stepsAtLeast = (value: number): Condition => ({
  op: '>=',
  left: { op: 'metric', name: 'steps' },
  right: { op: 'number', value },
});

/** Learns which next token follows each of 5 tokens, with noise that every step draws for itself. */
function training(changes: Partial<Training> = {}): Training {
  const tokens = Int32Array.from({ length: 11 * 4 }, (_, index) => (index * 7) % 5);
  return {
    initial: new Map<string, tf.Tensor>([
      ['table', normals<tf.Rank.R2>('table', [5, 5])],
      ['bias', tf.zeros<tf.Rank.R1>([5])],
    ]),
    rows: rowsInMemory(4, tokens, new Uint8Array(44).fill(1)),
    batch: 3,
    optimizer: adamW({
      learningRate: { peak: 0.1, warmupSteps: 2, decay: 'cosine', finalShare: 0.1 },
      betas: [0.9, 0.99],
      epsilon: 1e-8,
      weightDecay: 0.1,
      clipNorm: 1,
    }),
    stop: stepsAtLeast(17),
    evaluateEvery: 5,
    keep: 'best',
    step: (parameters, batch) => {
      const noise = batch.random.normal();
      return lossAndGradients(parameters, (given) => {
        const before = batch.tokens.slice([0, 0], [-1, 3]).flatten();
        const after = batch.tokens.slice([0, 1], [-1, 3]).flatten();
        const logits = tf.gather(given.get('table')!, before.toInt()).add(given.get('bias')!);
        const right = tf.oneHot(after.toInt(), 5);
        const loss = tf.logSoftmax(logits).mul(right).sum(-1).mean().neg();
        return loss
          .add(
            given
              .get('bias')!
              .sum()
              .mul(0.1 * noise),
          )
          .asScalar();
      });
    },
    evaluate: (parameters) => {
      const norm = tf.tidy(() => parameters.get('table')!.norm().dataSync()[0]!);
      return Promise.resolve(new Map([['validation.loss', { value: norm }]]));
    },
    ...changes,
  };
}

interface Ran {
  readonly events: readonly StageEvent[];
  readonly result: TrainingResult | undefined;
}

async function run(given: Training, options: BenchRun = {}, name = 'loop'): Promise<Ran> {
  const loop = trainingLoop(given, bench.context(name, options));
  const events: StageEvent[] = [];
  for (;;) {
    const next = await loop.next();
    if (next.done === true) return { events, result: next.value };
    events.push(next.value);
    options.onEvent?.(next.value);
  }
}

/** The exact bytes of a result. */
async function bytesOf({ result }: Ran): Promise<Buffer> {
  const file = join(bench.folder, 'result.safetensors');
  await writeTensors(file, result!.parameters);
  for (const tensor of result!.parameters.values()) tensor.dispose();
  return readFile(file);
}

const metricSteps = (events: readonly StageEvent[]): readonly number[] =>
  events.flatMap((event) => (event.type === 'metric' && event.name === 'train.loss' ? [event.step] : []));

test('evaluates at the cadence and at the planned end, and reports every step', async () => {
  const ran = await run(training());
  expect(metricSteps(ran.events)).toEqual([5, 10, 15, 17]);
  const progress = ran.events.filter(({ type }) => type === 'progress');
  expect(progress.length).toBe(17);
  expect(progress[0]).toEqual({ type: 'progress', step: 1, of: 17, unit: 'steps' });
  expect(ran.result!.steps).toBe(17);
  await bytesOf(ran);
});

test('training lowers the loss', async () => {
  const { events, result } = await run(training({ keep: 'last', stop: stepsAtLeast(40) }));
  const losses = events.flatMap((event) =>
    event.type === 'metric' && event.name === 'train.loss' ? [event.value] : [],
  );
  expect(losses.at(-1)!).toBeLessThan(0.6 * losses[0]!);
  expect(result!.keptStep).toBe(40);
  for (const tensor of result!.parameters.values()) tensor.dispose();
});

for (const keep of ['best', 'last'] as const) {
  test.each([1, 4, 5, 6, 12, 16])(
    `interrupted after step %i and resumed, it ends with the same bits (keep ${keep})`,
    async (interruptAt) => {
      const whole = await run(training({ keep }));
      const expected = [whole.result!.keptStep, [...whole.result!.metrics], await bytesOf(whole)];

      const checkpoints = checkpointsIn(join(bench.folder, `${keep}-${interruptAt}`), 1e9);
      const controller = new AbortController();
      const first = await run(training({ keep }), {
        checkpoints,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'progress' && event.step === interruptAt) controller.abort();
        },
      });
      expect(first.result).toBeUndefined();
      expect(first.events.at(-1)).toEqual({ type: 'checkpoint', step: interruptAt });
      const second = await run(training({ keep }), { checkpoints });
      expect(second.events.find(({ type }) => type === 'progress')).toMatchObject({ step: interruptAt + 1 });
      expect([second.result!.keptStep, [...second.result!.metrics], await bytesOf(second)]).toEqual(expected);
    },
  );
}

test('a history that a stop condition needs survives an interruption', async () => {
  const stop: Condition = {
    op: 'or',
    left: { op: 'plateau', metric: 'validation.loss', evals: 3 },
    right: stepsAtLeast(100),
  };
  // The norm of the table grows, so the first evaluation stays the best.
  const growing = (): Training => training({ stop, evaluate: growingLoss() });
  const whole = await run(growing());
  expect(whole.result!.steps).toBe(20);
  const expected = await bytesOf(whole);
  const checkpoints = checkpointsIn(join(bench.folder, 'plateau'), 1e9);
  const controller = new AbortController();
  await run(growing(), {
    checkpoints,
    signal: controller.signal,
    onEvent: (event) => {
      if (event.type === 'progress' && event.step === 12) controller.abort();
    },
  });
  const resumed = await run(growing(), { checkpoints });
  expect(resumed.result!.steps).toBe(20);
  expect(await bytesOf(resumed)).toEqual(expected);
});

/** A loss that only rises, from what the parameters are, so that it does not depend on how often it is asked. */
function growingLoss(): Training['evaluate'] {
  return (parameters) => {
    const distance = tf.tidy(
      () =>
        parameters
          .get('table')!
          .sub(normals<tf.Rank.R2>('table', [5, 5]))
          .norm()
          .dataSync()[0]!,
    );
    return Promise.resolve(new Map([['validation.loss', { value: distance }]]));
  };
}

test('the parameters of the lowest validation loss are kept', async () => {
  const losses = [3, 1, 2, 5];
  const { result } = await run(
    training({
      evaluate: () => Promise.resolve(new Map([['validation.loss', { value: losses.shift()! }]])),
    }),
  );
  expect(result!.keptStep).toBe(10);
  expect(result!.metrics.get('validation.loss')).toEqual({ value: 1 });
  for (const tensor of result!.parameters.values()) tensor.dispose();
});

test('every row is seen once an epoch, in an order that depends on the epoch', async () => {
  const seen: number[][] = [];
  const given = training({ batch: 4, stop: stepsAtLeast(4) });
  const ran = await run({
    ...given,
    step: (parameters, batch) => {
      seen.push([...batch.rows]);
      expect(batch.epoch).toBe(Math.floor((batch.step - 1) / 2));
      return given.step(parameters, batch);
    },
  });
  expect(new Set([...seen[0]!, ...seen[1]!]).size).toBe(8);
  expect([...seen[2]!, ...seen[3]!]).not.toEqual([...seen[0]!, ...seen[1]!]);
  await bytesOf(ran);
});

test('a loss that is not a number ends training with its step, and no checkpoint is made of it', async () => {
  const given = training();
  const checkpoints = checkpointsIn(join(bench.folder, 'nan'), 0);
  const broken: Training = {
    ...given,
    step: (parameters, batch) => {
      const found = given.step(parameters, batch);
      if (batch.step !== 6) return found;
      found.loss.dispose();
      return { ...found, loss: tf.scalar(NaN) };
    },
  };
  await expect(run(broken, { checkpoints })).rejects.toThrow(
    "The loss is NaN at step 6: training diverged. Lower the optimizer's learning_rate, raise its warmup, or lower " +
      'its clip_norm. Nothing after the last checkpoint is kept.',
  );
  expect(checkpoints.latest()!.step).toBe(5);
});

test('a tensor that the loss does not reach is refused by name', async () => {
  const given = training();
  const unused = new Map([...given.initial, ['forgotten.weight', tf.zeros([2])]]);
  await expect(run({ ...given, initial: unused })).rejects.toThrow(
    'These tensors are to be trained, but the loss does not depend on them: forgotten.weight.',
  );
});

test('no tensor is left, whether training ends, stops or fails', async () => {
  const count = tf.memory().numTensors;
  await bytesOf(await run(training()));
  expect(tf.memory().numTensors).toBe(count);
  await run(training(), {
    checkpoints: checkpointsIn(join(bench.folder, 'tensors'), 1e9),
    signal: AbortSignal.abort(),
  });
  expect(tf.memory().numTensors).toBe(count);
  const given = training();
  const failing: Training = {
    ...given,
    evaluate: () => Promise.reject(new Error('evaluation failed')),
  };
  await expect(run(failing)).rejects.toThrow('evaluation failed');
  expect(tf.memory().numTensors).toBe(count);
});

test('data without a row, and a stop that may never hold, are refused', async () => {
  const { rows } = training();
  await expect(run(training({ rows: { ...rows, count: 0 } }))).rejects.toThrow('no training rows');
  const stop: Condition = { op: 'plateau', metric: 'validation.loss', evals: 3 };
  await expect(run(training({ stop }))).rejects.toThrow('may never hold');
});
