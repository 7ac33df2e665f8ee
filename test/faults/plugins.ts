import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  defineStage,
  StageFailure,
  type JsonObject,
  type RandomStream,
  type StageContext,
  type StageEvent,
  type StageReference,
  type StageRunner,
} from 'hpl';

/** A walk through random numbers: what it ends at depends on every step, and so does what it has to save. */
class WalkRunner implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const steps = options['steps'] as number;
    const stream = context.seed.stream();
    const { start, visited } = await this.resume(options, context, stream);
    for (let step = start; step < steps; step += 1) {
      if (context.signal.aborted) {
        if (step > start) yield await this.save(context, step, { visited, stream: stream.state() });
        return;
      }
      visited.push((visited.at(-1) ?? 0) + stream.next());
      await sleep(options['pause'] as number);
      yield { type: 'progress', step: step + 1, of: steps, unit: 'steps' };
      yield { type: 'metric', name: 'position', value: visited.at(-1) ?? 0, step: step + 1 };
      yield await this.save(context, step + 1, { visited, stream: stream.state() });
    }
    await writeFile(join(context.folder, 'visited.json'), JSON.stringify(visited));
    await writeFile(join(context.folder, 'weights.bin'), new Uint8Array(new Float64Array(visited).buffer));
    yield { type: 'output', summary: { end: visited.at(-1) ?? 0 } };
  }

  private async resume(
    options: JsonObject,
    context: StageContext,
    stream: RandomStream,
  ): Promise<{ start: number; visited: number[] }> {
    const latest = context.checkpoints.latest();
    if (latest !== undefined) {
      const saved = JSON.parse(await readFile(join(latest.folder, 'state.json'), 'utf8')) as {
        visited: number[];
        stream: number[];
      };
      stream.restore(saved.stream);
      return { start: latest.step, visited: saved.visited };
    }
    const from = options['from'] as StageReference | undefined;
    if (from === undefined) return { start: 0, visited: [] };
    const text = await readFile(join(context.input(from).folder, 'visited.json'), 'utf8');
    return { start: 0, visited: [...(JSON.parse(text) as number[])] };
  }

  private async save(context: StageContext, step: number, state: JsonObject): Promise<StageEvent> {
    await context.checkpoints.save(step, async (folder) => {
      await writeFile(join(folder, 'state.json'), JSON.stringify(state));
    });
    return { type: 'checkpoint', step };
  }
}

export const walk = defineStage({
  kind: 'walk',
  summary: 'Walks through random numbers and saves every step.',
  output: 'folder',
  resource: 'cpu',
  metrics: () => [{ name: 'position', description: 'Where the walk is.', better: 'higher' }],
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      steps: { type: 'integer', minimum: 0, default: 5, 'x-unit': 'steps', description: 'Steps.' },
      pause: { type: 'integer', default: 0, 'x-cache': 'ignore', description: 'Milliseconds a step.' },
      from: { 'x-ref': 'folder', description: 'A walk to go on with.' },
      text: { 'x-path': 'either', description: 'A text that the walk depends on.' },
      copy: { 'x-path': 'output', description: 'Where a copy of the result goes.' },
      bound: { type: 'number', default: 1e9, description: 'The end that the gate asks for.' },
    },
  },
  load: () => Promise.resolve(WalkRunner),
});

class MischiefRunner implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    yield { type: 'log', level: 'info', message: 'about to do mischief' };
    yield* mischief[options['kind'] as keyof typeof mischief](context);
  }
}

type Mischief = (context: StageContext) => AsyncGenerator<StageEvent, void, undefined>;

const output: StageEvent = { type: 'output', summary: {} };

/** Yields in a turn of its own, as every real stage does. */
async function* say(...events: readonly StageEvent[]): AsyncGenerator<StageEvent, void, undefined> {
  await sleep(0);
  yield* events;
}

const mischief = {
  none: () => say(output),
  refuse: () => {
    throw new StageFailure('The data is empty. Give it at least one line.');
  },
  crash: () => {
    const broken = undefined as unknown as { field: number };
    return say({ type: 'metric', name: 'x', value: broken.field, step: 0 });
  },
  spin: () => {
    for (;;) Math.hypot(1, 2);
  },
  wait: async function* () {
    await new Promise(() => setInterval(() => undefined, 1000));
    yield output;
  },
  nan: () =>
    say(
      { type: 'metric', name: 'loss', value: Number.NaN, step: 1 },
      { type: 'metric', name: 'loss', value: -Infinity, step: 2 },
      output,
    ),
  silent: () => say(),
  twice: () => say(output, output),
  chatter: async function* () {
    process.stdout.write('printed by a library\n');
    process.stderr.write('warned by a library\n');
    await sleep(50);
    yield output;
  },
  leave: () => {
    process.stderr.write('assertion failed: shape\n');
    process.exit(7);
  },
  die: async function* () {
    process.kill(process.pid, 'SIGKILL');
    await sleep(10_000);
    yield output;
  },
  parent: async function* (context) {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    yield { type: 'log', level: 'info', message: `child ${String(child.pid)}` };
    await sleep(context.stage === 'patient' ? 600_000 : 0);
    yield output;
  },
  fill: async function* (context) {
    const block = new Uint8Array(1 << 20);
    for (let index = 0; ; index += 1) {
      await writeFile(join(context.folder, `${index}.bin`), block);
      yield { type: 'progress', step: index, of: 1e6, unit: 'files' };
    }
  },
  gate: () =>
    say({ type: 'gate', condition: 'a >= b', met: false, explanation: 'a is 1 and b is 2.' }, output),
} satisfies Record<string, Mischief>;

export const misbehave = defineStage({
  kind: 'misbehave',
  summary: 'Does what a stage must not do.',
  output: 'folder',
  resource: 'cpu',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['kind'],
    properties: {
      kind: { type: 'string', enum: Object.keys(mischief), description: 'What to do.' },
      after: { 'x-ref': 'folder', description: 'A stage to wait for.' },
    },
  },
  load: () => Promise.resolve(MischiefRunner),
});
