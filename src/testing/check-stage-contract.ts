import { canonicalJson, type JsonObject } from '../base/json.js';
import { hashFile } from '../base/hash.js';
import { join } from 'node:path';
import type { StagePlugin } from '../runtime/contract/plugin.js';
import type { StageEvent } from '../runtime/contract/stage.js';
import { lintSchema, validateOptions } from '../runtime/options-schema.js';
import { listFiles } from '../runtime/store/durable.js';
import { runStage, type StageTest, type StageTrial } from './run-stage.js';

/** What a stage is held to besides its events. */
export interface ContractTest extends StageTest {
  /** How many tensors are alive: `() => tf.memory().numTensors`. Without it, leaks are not looked for. */
  countTensors?(): number;
  /** Files whose content may differ from run to run, such as timings. */
  readonly unstableFiles?: readonly string[];
}

/**
 * Holds a stage to the contract and says every breach as a sentence; an empty list is a stage that keeps it. Runs the
 * stage several times, so give it small inputs. Checked: the schema and unknown options, the order of events, declared
 * metrics, equal results for equal seeds, that it stops when aborted and goes on from there to the same result, and
 * that it leaves no tensors.
 */
export async function checkStageContract(
  plugin: StagePlugin,
  test: ContractTest,
): Promise<readonly string[]> {
  const schema = [...lintSchema(plugin.options), ...checkOptions(plugin, test)];
  if (schema.length > 0) return schema;
  const before = test.countTensors?.();
  const first = await runStage(plugin, test);
  const after = test.countTensors?.();
  const again = await runStage(plugin, test);
  const results = [
    ...checkEvents(plugin, test.options, first.events),
    ...(before === after ? [] : [`It leaves ${(after ?? 0) - (before ?? 0)} tensors behind.`]),
    ...(await checkSame(first, again, { test, doing: 'Run again with the same seed, it' })),
    ...(await checkInterruption(plugin, test, first)),
  ];
  first.remove();
  again.remove();
  return results;
}

function checkOptions(plugin: StagePlugin, test: ContractTest): readonly string[] {
  const problems = validateOptions(plugin.options, test.options).problems.map(({ message }) => message);
  const unknown = validateOptions(plugin.options, { ...test.options, 'no-such-option': 1 }).problems;
  const refuses = unknown.some(({ keyword }) => keyword === 'additionalProperties');
  return [...problems, ...(refuses ? [] : ['It accepts options that it does not know.'])];
}

function checkEvents(
  plugin: StagePlugin,
  options: JsonObject,
  events: readonly StageEvent[],
): readonly string[] {
  const outputs = events.filter(({ type }) => type === 'output').length;
  const declared = new Set(
    plugin.metrics(validateOptions(plugin.options, options).options).map(({ name }) => name),
  );
  const undeclared = events.flatMap((event) =>
    event.type === 'metric' && !declared.has(event.name) ? [event.name] : [],
  );
  return [
    ...(outputs === 1 ? [] : [`It yields ${outputs} output events; a stage that succeeds yields one.`]),
    ...(outputs === 1 && events.at(-1)?.type !== 'output' ? ['Its output event is not its last event.'] : []),
    ...[...new Set(undeclared)].map((name) => `It reports the metric "${name}", which it does not declare.`),
    ...checkProgress(events),
  ];
}

function checkProgress(events: readonly StageEvent[]): readonly string[] {
  const steps = events.flatMap((event) => (event.type === 'progress' ? [event] : []));
  const beyond = steps.find(({ step, of }) => step > of);
  const back = steps.find(({ step }, index) => index > 0 && step < (steps[index - 1]?.step ?? 0));
  return [
    ...(beyond === undefined ? [] : [`Its progress reaches step ${beyond.step} of ${beyond.of}.`]),
    ...(back === undefined ? [] : [`Its progress goes back to step ${back.step}.`]),
  ];
}

interface Comparison {
  readonly test: ContractTest;
  /** The beginning of the sentence, up to the verb. */
  readonly doing: string;
}

async function checkSame(
  one: StageTrial,
  other: StageTrial,
  { test, doing }: Comparison,
): Promise<readonly string[]> {
  const [left, right] = [await contentsOf(one, test), await contentsOf(other, test)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const different = names.filter((name) => left.get(name) !== right.get(name));
  return different.map((name) => `${doing} gives another ${name}.`);
}

/** The content of what a stage made, by file; its summary counts as one. */
async function contentsOf(
  { folder, events }: StageTrial,
  test: ContractTest,
): Promise<ReadonlyMap<string, string>> {
  const contents = new Map<string, string>();
  for (const path of await listFiles(folder)) {
    if (test.unstableFiles?.includes(path) !== true) contents.set(path, await hashFile(join(folder, path)));
  }
  const output = events.find((event) => event.type === 'output');
  return contents.set('summary', canonicalJson(output?.summary ?? {}));
}

/** Aborts the stage in the middle, lets it go on from its checkpoints, and compares the result with an unbroken run. */
async function checkInterruption(
  plugin: StagePlugin,
  test: ContractTest,
  unbroken: StageTrial,
): Promise<readonly string[]> {
  const abortAfter = Math.max(1, Math.floor(unbroken.events.length / 2));
  const stopped = await runStage(plugin, test, { abortAfter });
  // A stage whose last step is done may finish all the same.
  const remaining = unbroken.events.length - abortAfter;
  const goesOn = stopped.events.length === unbroken.events.length && remaining > maximalRest;
  const resumed = await runStage(plugin, test, { home: homeOf(stopped) });
  const results = [
    ...(goesOn ? ['It does not stop when its signal is aborted.'] : []),
    ...(await checkSame(unbroken, resumed, { test, doing: 'Stopped in the middle and run again, it' })),
  ];
  stopped.remove();
  return results;
}

/** So many events may belong to the step that an abort lets a stage finish, its evaluation and its checkpoint. */
const maximalRest = 8;

function homeOf({ folder }: StageTrial): string {
  return join(folder, '..');
}
