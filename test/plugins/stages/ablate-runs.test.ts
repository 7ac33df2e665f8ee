import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { Ablate } from '../../../src/plugins/stages/ablate/run.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import {
  collected,
  component,
  TestCheckpoints,
  tinyWorkplace,
  type Workplace,
} from '../evaluation/tiny-workplace.js';
import { ablated, ablateOptions, branchOf, type Ablated } from './ablation.js';

let everywhere: Workplace;
let outside: Workplace;
let joint: Workplace;
/** With the usual options, for tests that only read. */
let outsideKeys: Ablated;

beforeAll(async () => {
  await tf.setBackend('cpu');
  everywhere = await tinyWorkplace({ window: 8, linear_scope: 'all' });
  outside = await tinyWorkplace({ window: 8, linear_scope: 'outside_window' });
  joint = await tinyWorkplace({ window: 8, linear_scope: 'outside_window', mix: 'joint' });
  outsideKeys = await ablated(outside);
});

afterAll(async () => {
  for (const place of [everywhere, outside, joint]) await place.remove();
});

test('the same seed gives the same report, to the byte', async () => {
  const first = outsideKeys;
  const second = await ablated(outside);
  for (const file of ['report.json', 'items.jsonl', 'report.md'])
    expect(await readFile(join(first.context.folder, file), 'utf8')).toBe(
      await readFile(join(second.context.folder, file), 'utf8'),
    );
});

test.each([0, 1, 5, 13])(
  'stopped after %i batches and resumed, the report is the same to the byte',
  async (batches) => {
    const whole = outsideKeys;
    const checkpoints = new TestCheckpoints(join(outside.folder, `checkpoints-${batches}`));
    const controller = new AbortController();
    const stopped = outside.context({ checkpoints, signal: controller.signal });
    const seen: StageEvent[] = [];
    if (batches === 0) controller.abort();
    for await (const event of new Ablate().run(ablateOptions(), stopped)) {
      seen.push(event);
      if (seen.filter(({ type }) => type === 'progress').length === batches) controller.abort();
    }
    expect(seen.at(-1)?.type).toBe('checkpoint');
    expect(seen.filter(({ type }) => type === 'progress')).toHaveLength(batches);
    const resumed = outside.context({ checkpoints });
    await mkdir(resumed.folder, { recursive: true });
    const rest = await collected(new Ablate().run(ablateOptions(), resumed));
    expect(rest.filter(({ type }) => type === 'progress')).toHaveLength(28 - batches);
    expect(await readFile(join(resumed.folder, 'report.json'), 'utf8')).toBe(
      await readFile(join(whole.context.folder, 'report.json'), 'utf8'),
    );
  },
);

test('no tensor is left behind, on success, on failure and when cancelled', async () => {
  const before = tf.memory().numTensors;
  await ablated(joint);
  expect(tf.memory().numTensors).toBe(before);
  await expect(ablated(joint, { model: { stage: 'teacher' } })).rejects.toThrow();
  expect(tf.memory().numTensors).toBe(before);
  const controller = new AbortController();
  controller.abort();
  await collected(new Ablate().run(ablateOptions(), joint.context({ signal: controller.signal })));
  expect(tf.memory().numTensors).toBe(before);
});

test('a model that was not converted has no branches, and the message says what to name', async () => {
  await expect(ablated(everywhere, { model: { stage: 'teacher' } })).rejects.toThrow(
    'The model "teacher" was not converted, so it has no branches. Name the output of a "convert", "transfer" or ' +
      '"finetune" stage; to measure the teacher itself, use "evaluate".',
  );
});

test('data from another tokenizer is refused', async () => {
  const place = await tinyWorkplace({ window: 8, linear_scope: 'all' });
  const file = join(place.folder, 'data', 'dataset.json');
  await writeFile(
    file,
    (await readFile(file, 'utf8')).replace(/"tokenizer": "[0-9a-f]+"/, '"tokenizer": "other"'),
  );
  await expect(ablated(place)).rejects.toThrow(
    'The data set "data" was made with another tokenizer than that of the model. Name the model as the "tokenizer" of ' +
      'the data set.',
  );
  await rm(place.folder, { recursive: true });
});

test('a recall task that is longer than the context of the model says why', async () => {
  const long = [component('task', 'recall', { distance: 90, items: 2 })];
  await expect(ablated(everywhere, { tasks: long })).rejects.toThrow(
    /^The task "recall" needs sequences of \d+ tokens for 8 pairs at a distance of 90 tokens; the model was made for 96\. Ask/,
  );
});

test('text of a recall task can come from held-out rows, and they must suffice', async () => {
  const fromData = (distance: number): JsonObject => ({
    tasks: [component('task', 'recall', { distance, pairs: 2, items: 2, data: { stage: 'data' } })],
    branches: [component('branch', 'both')],
  });
  const { report } = await ablated(everywhere, fromData(30));
  expect(branchOf(report, 'recall', 'teacher')['items']).toHaveLength(2);
  await expect(ablated(everywhere, fromData(1000))).rejects.toThrow(
    /^The task "recall" cannot be made\. The sequence needs \d+ more tokens of text; \d+ are left\. Ask for fewer "pairs"/,
  );
});
