import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { OptionsSchema } from '../../src/base/json-schema.js';
import type { JsonObject } from '../../src/base/json.js';
import { defineStage, type StagePlugin } from '../../src/runtime/contract/plugin.js';
import type { StageContext, StageEvent, StageRunner } from '../../src/runtime/contract/stage.js';
import { checkStageContract, runStage, testStage } from '../../src/testing/index.js';

const options: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { steps: { type: 'integer', default: 40, description: 'Steps.' } },
};

type Run = (options: JsonObject, context: StageContext) => AsyncGenerator<StageEvent, void, undefined>;

function stageOf(run: Run, schema: OptionsSchema = options): StagePlugin {
  class Runner implements StageRunner {
    run(given: JsonObject, context: StageContext): ReturnType<Run> {
      return run(given, context);
    }
  }
  return defineStage({
    kind: 'trial',
    summary: 'Adds up random numbers.',
    output: 'folder',
    resource: 'cpu',
    metrics: () => [{ name: 'sum', description: 'The sum.' }],
    options: schema,
    load: () => Promise.resolve(Runner),
  });
}

interface State {
  readonly sum: number;
  readonly stream: readonly number[];
}

/** Keeps the contract; what is handed over makes it break one part of it. */
function adding(
  fault: { readonly save?: boolean; readonly listen?: boolean; readonly random?: () => number } = {},
): Run {
  return async function* ({ steps }, { seed, signal, checkpoints, folder }) {
    const stream = seed.stream();
    const latest = checkpoints.latest();
    let sum = 0;
    if (latest !== undefined) {
      const saved = JSON.parse(await readFile(join(latest.folder, 'state.json'), 'utf8')) as State;
      ({ sum } = saved);
      if (fault.save !== false) stream.restore(saved.stream);
    }
    for (let step = latest?.step ?? 0; step < Number(steps); step += 1) {
      if (signal.aborted && fault.listen !== false) {
        await checkpoints.save(step, (to) =>
          writeFile(join(to, 'state.json'), JSON.stringify({ sum, stream: stream.state() })),
        );
        yield { type: 'checkpoint', step };
        return;
      }
      sum += fault.random?.() ?? stream.next();
      yield { type: 'progress', step: step + 1, of: Number(steps), unit: 'steps' };
      yield { type: 'metric', name: 'sum', value: sum, step: step + 1 };
    }
    await writeFile(join(folder, 'sum.json'), JSON.stringify(sum));
    yield { type: 'output', summary: { sum } };
  };
}

const careful = stageOf(adding());

testStage(test, careful, { options: {} });

test('a careful stage has no breach, and its trial shows events and files', async () => {
  expect(await checkStageContract(careful, { options: { steps: 3 } })).toEqual([]);
  const trial = await runStage(careful, { options: { steps: 1 }, seed: 5 });
  expect(trial.events.map(({ type }) => type)).toEqual(['progress', 'metric', 'output']);
  expect(Number(await readFile(join(trial.folder, 'sum.json'), 'utf8'))).toBeGreaterThan(0);
  trial.remove();
});

let calls = 0;
let tensors = 0;

test.each<[string, StagePlugin, readonly string[]]>([
  [
    'forgets part of its state',
    stageOf(adding({ save: false })),
    [
      'Stopped in the middle and run again, it gives another sum.json.',
      'Stopped in the middle and run again, it gives another summary.',
    ],
  ],
  ['does not listen', stageOf(adding({ listen: false })), ['It does not stop when its signal is aborted.']],
  [
    'has randomness of its own',
    stageOf(adding({ random: () => (calls += 1) })),
    [
      'Run again with the same seed, it gives another sum.json.',
      'Run again with the same seed, it gives another summary.',
      'Stopped in the middle and run again, it gives another sum.json.',
      'Stopped in the middle and run again, it gives another summary.',
    ],
  ],
  [
    'accepts everything',
    stageOf(adding(), { ...options, additionalProperties: true as unknown as false }),
    ['The schema must have additionalProperties: false.', 'It accepts options that it does not know.'],
  ],
  [
    'yields out of order',
    stageOf(async function* (given, context) {
      yield* adding()(given, context);
      yield { type: 'metric', name: 'product', value: 1, step: 1 };
      yield { type: 'progress', step: 41, of: 40, unit: 'steps' };
      yield { type: 'progress', step: 1, of: 40, unit: 'steps' };
    }),
    [
      'Its output event is not its last event.',
      'It reports the metric "product", which it does not declare.',
      'Its progress reaches step 41 of 40.',
      'Its progress goes back to step 1.',
    ],
  ],
  [
    'leaks tensors',
    stageOf(async function* (given, context) {
      tensors += 2;
      yield* adding()(given, context);
    }),
    ['It leaves 2 tensors behind.'],
  ],
])('a stage that %s is found out', async (_, plugin, breaches) => {
  expect(await checkStageContract(plugin, { options: {}, countTensors: () => tensors })).toEqual(breaches);
});

test('files that differ from run to run can be named', async () => {
  const timing = stageOf(async function* (given, context) {
    await appendFile(join(context.folder, 'seconds.txt'), String((calls += 1)));
    yield* adding()(given, context);
  });
  const unstable = await checkStageContract(timing, { options: {} });
  expect(unstable[0]).toBe('Run again with the same seed, it gives another seconds.txt.');
  expect(await checkStageContract(timing, { options: {}, unstableFiles: ['seconds.txt'] })).toEqual([]);
});
