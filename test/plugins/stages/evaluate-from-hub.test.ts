import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import { Ablate } from '../../../src/plugins/stages/ablate/run.js';
import { evaluate } from '../../../src/plugins/stages/evaluate/plugin.js';
import { Evaluate } from '../../../src/plugins/stages/evaluate/run.js';
import type { ComponentValue } from '../../../src/base/signatures.js';
import type { StageEvent } from '../../../src/runtime/contract/stage.js';
import { completed, component, tinyWorkplace, type Workplace } from '../evaluation/tiny-workplace.js';
import { eachInHub } from '../hub/with-hub.js';

let place: Workplace;

beforeAll(async () => {
  await tf.setBackend('cpu');
  place = await tinyWorkplace({ window: 8, linear_scope: 'all' });
});
afterAll(() => place.remove());

eachInHub(() => {
  const rows = Array.from({ length: 100 }, () =>
    JSON.stringify({ question: 'abc', choices: ['x', 'y'], answer: 0 }),
  );
  return new Map([
    ['test.jsonl', Buffer.from(`${rows.join('\n')}\n`)],
    ['texts/train.jsonl', Buffer.from('{"line":"never read"}\n')],
    ['texts/test-0.jsonl', Buffer.from('{"line":"ab cd"}\n{"line":"ef"}\n')],
    ['texts/test-1.jsonl', Buffer.from('{"line":"gh"}\n{"line":"ij"}\n')],
  ]);
});

const stages = [
  ['evaluate', evaluate, Evaluate],
  ['ablate', ablate, Ablate],
] as const;

type Stage = (typeof stages)[number];

const questions = (options: JsonObject): ComponentValue =>
  component('task', 'multiple_choice', { repository: 'maker/tiny', files: 'test.jsonl', ...options });

/** Runs a stage; `onEvent` sees each event before the stage goes on. */
async function run(
  [, plugin, Runner]: Stage,
  task: ComponentValue,
  onEvent: (event: StageEvent, aborter: AbortController) => void = () => undefined,
): Promise<{ readonly events: readonly StageEvent[]; readonly folder: string }> {
  const aborter = new AbortController();
  const context = place.context({ signal: aborter.signal });
  await mkdir(context.folder, { recursive: true });
  const events: StageEvent[] = [];
  for await (const event of new Runner().run(
    completed(plugin, { model: { stage: 'hybrid' }, tasks: [task] }),
    context,
  )) {
    events.push(event);
    onEvent(event, aborter);
  }
  return { events, folder: context.folder };
}

test.each(stages)('%s tells how far the questions of the hub are fetched', async (...stage) => {
  const { events } = await run(stage, questions({ limit: 1 }));
  expect(events.filter(({ type }) => type === 'progress')[0]).toMatchObject({ unit: 'kB', of: 5 });
  expect(events.at(-1)?.type).toBe('output');
});

test.each(stages)('%s that is stopped while it fetches ends without a failure', async (...stage) => {
  const { events } = await run(stage, questions({}), (_, aborter) => {
    aborter.abort();
  });
  expect(events.map(({ type }) => type)).toEqual(['progress']);
});

test.each(stages)('%s tells what of the hub cannot be had as what the user can mend', async (...stage) => {
  await expect(run(stage, questions({ split: 'validation' }))).rejects.toMatchObject({
    name: 'StageFailure',
    message:
      'maker/tiny at main: no file fits the pattern "test.jsonl" and the split "validation". Its data files are ' +
      '"test.jsonl", "texts/train.jsonl", "texts/test-0.jsonl", "texts/test-1.jsonl"; set "files" or "split".',
  });
});

test('documents of the hub are read in the order of the files of the split, as many as asked for', async () => {
  const task = component('task', 'perplexity_file', {
    repository: 'maker/tiny',
    files: 'texts/*',
    field: 'line',
    limit: 3,
  });
  const { events, folder } = await run(stages[0], task);
  expect(events.some(({ type }) => type === 'progress')).toBe(true);
  const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as {
    readonly tasks: readonly { readonly items: readonly { readonly id: string }[] }[];
  };
  expect(report.tasks[0]?.items.map(({ id }) => id)).toEqual([
    'test-0.jsonl:1',
    'test-0.jsonl:2',
    'test-1.jsonl:1',
  ]);
});
