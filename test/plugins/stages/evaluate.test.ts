import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { evaluate } from '../../../src/plugins/stages/evaluate/plugin.js';
import { Evaluate } from '../../../src/plugins/stages/evaluate/run.js';
import { Ablate } from '../../../src/plugins/stages/ablate/run.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import {
  collected,
  completed,
  component,
  tinyWorkplace,
  type Workplace,
} from '../evaluation/tiny-workplace.js';

let place: Workplace;

beforeAll(async () => {
  await tf.setBackend('cpu');
  place = await tinyWorkplace({ window: 8, linear_scope: 'all' });
});

afterAll(() => place.remove());

const tasks = [
  component('task', 'perplexity', { data: { stage: 'data' }, sequences: 2 }),
  component('task', 'recall', { distance: 20, pairs: 2, items: 2, gap: 0 }),
];

async function evaluated(settings: JsonObject): Promise<{ events: readonly StageEvent[]; folder: string }> {
  const context = place.context();
  await mkdir(context.folder, { recursive: true });
  const events = await collected(
    new Evaluate().run(completed(evaluate, { tasks, batch_size: 2, ...settings }), context),
  );
  return { events, folder: context.folder };
}

function metricsOf(events: readonly StageEvent[]): ReadonlyMap<string, number> {
  return new Map(events.flatMap((event) => (event.type === 'metric' ? [[event.name, event.value]] : [])));
}

test.each(['teacher', 'hybrid'])(
  'of the model %s exactly the declared metrics are emitted',
  async (stage) => {
    const { events } = await evaluated({ model: { stage } });
    const declared = evaluate.metrics({ tasks }).map(({ name }) => name);
    expect(declared).toEqual(['perplexity.loss', 'perplexity.perplexity', 'recall.accuracy', 'recall.loss']);
    expect([...metricsOf(events).keys()]).toEqual(declared);
  },
);

test('one model gives one row, and per-item results', async () => {
  const { events, folder } = await evaluated({ model: { stage: 'teacher' } });
  const output = events.at(-1);
  if (output?.type !== 'output') throw new Error('no output');
  const [table] = output.summary['tables'] as JsonObject[];
  expect((table?.['rows'] as string[][]).map(([name]) => name)).toEqual(['teacher']);
  expect((table?.['columns'] as JsonObject[]).map(({ name }) => name)).toEqual([
    'branch',
    'perplexity',
    'recall',
  ]);
  const lines = (await readFile(join(folder, 'items.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { task: string; id: string }).id)).toEqual([
    'row-0',
    'row-2',
    'sequence-0',
    'sequence-1',
  ]);
});

test('a branch is measured as an ablation of the same seed measures it', async () => {
  const { events } = await evaluated({ model: { stage: 'hybrid' }, branch: component('branch', 'window') });
  const context = place.context();
  await mkdir(context.folder, { recursive: true });
  const ablated = await collected(
    new Ablate().run(completed(ablate, { model: { stage: 'hybrid' }, tasks, batch_size: 2 }), context),
  );
  expect(metricsOf(events).get('perplexity.loss')).toBe(metricsOf(ablated).get('window.perplexity.loss'));
});

test('a requirement is judged', async () => {
  const { events } = await evaluated({
    model: { stage: 'teacher' },
    require: {
      op: '>=',
      left: { op: 'metric', name: 'recall.accuracy' },
      right: { op: 'number', value: 1.1 },
    },
  });
  expect(events.find(({ type }) => type === 'gate')).toMatchObject({
    condition: 'recall.accuracy >= 1.1',
    met: false,
    explanation: expect.stringMatching(/^recall\.accuracy is \d\.\d\d ± \d\.\d\d\./) as string,
  });
});

test('no tensor is left behind, nor when cancelled', async () => {
  const before = tf.memory().numTensors;
  await evaluated({ model: { stage: 'hybrid' } });
  const controller = new AbortController();
  controller.abort();
  const cancelled = await collected(
    new Evaluate().run(
      completed(evaluate, { model: { stage: 'hybrid' }, tasks }),
      place.context({ signal: controller.signal }),
    ),
  );
  expect(cancelled.map(({ type }) => type)).toEqual(['checkpoint']);
  expect(tf.memory().numTensors).toBe(before);
});
