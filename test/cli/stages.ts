import { setTimeout as sleep } from 'node:timers/promises';
import {
  defineStage,
  StageFailure,
  type JsonObject,
  type StageContext,
  type StageEvent,
  type StageRunner,
} from 'hpl';

/** A stage for tests of the command line: it says, waits, fails or judges as its options tell. */
class PlayRunner implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const steps = options['steps'] as number;
    yield { type: 'log', level: 'info', message: `playing "${context.stage}"` };
    for (let step = context.checkpoints.latest()?.step ?? 0; step < steps; step += 1) {
      if (context.signal.aborted) {
        await context.checkpoints.save(step, () => Promise.resolve());
        yield { type: 'checkpoint', step };
        return;
      }
      await sleep(options['pause'] as number);
      yield { type: 'progress', step: step + 1, of: steps, unit: 'steps' };
      yield { type: 'metric', name: 'train.loss', value: 1 / (step + 1), step: step + 1 };
    }
    if (options['fails'] === true) throw new StageFailure('The play was too long. Make it shorter.');
    if (options['gate'] !== undefined) {
      const met = options['gate'] === true;
      yield {
        type: 'gate',
        condition: 'applause >= 1',
        met,
        explanation: met ? 'They clapped.' : 'Nobody clapped.',
      };
    }
    const table = {
      title: 'Applause',
      columns: [{ name: 'seat' }, { name: 'claps', align: 'right' }],
      rows: [
        ['left', '12'],
        ['right', '7 ± 1'],
      ],
      notes: ['Counted by ear.'],
    };
    yield { type: 'output', summary: options['table'] === true ? { tables: [table] } : {} };
  }
}

export const play = defineStage({
  kind: 'play',
  summary: 'Plays.',
  resource: 'cpu',
  output: 'report',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      steps: { type: 'integer', minimum: 0, default: 2, description: 'How long.' },
      pause: { type: 'integer', minimum: 0, default: 1, description: 'Milliseconds of a step.' },
      fails: { type: 'boolean', description: 'Whether it fails at the end.' },
      gate: { type: 'boolean', description: 'Whether its gate is met.' },
      table: { type: 'boolean', description: 'Whether it has results to show.' },
      after: { 'x-ref': 'report', description: 'What is played before.' },
    },
  },
  load: () => Promise.resolve(PlayRunner),
});
