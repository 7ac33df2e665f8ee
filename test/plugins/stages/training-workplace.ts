import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { JsonObject } from '../../../src/base/json.js';
import { rootSeed } from '../../../src/base/seed.js';
import type { ComponentValue } from '../../../src/base/signatures.js';
import { standardPlugins } from '../../../src/plugins/index.js';
import type { ComponentPlugin, StagePlugin } from '../../../src/runtime/contract/plugin.js';
import type { StageContext, StageEvent } from '../../../src/runtime/contract/stage.js';
import { completed, type ContextSettings, type Workplace } from '../evaluation/tiny-workplace.js';

/** The standard component of that name, made from options with their defaults. */
export async function made<Product>(kind: string, value: ComponentValue): Promise<Product> {
  const plugin = standardPlugins.find(
    (known): known is ComponentPlugin =>
      known.type === 'component' && known.kind === kind && known.name === value.plugin,
  );
  if (plugin === undefined) throw new Error(`no ${kind} ${value.plugin}`);
  const context = { seed: rootSeed(1), component: () => Promise.reject(new Error('no inner component')) };
  return (await plugin.create(completed(plugin, value.options), context)) as Product;
}

/** A context that knows all standard components; its output is the artifact of the given name. */
export function trainingContext(
  workplace: Workplace,
  output: string,
  settings: ContextSettings = {},
): StageContext {
  const context = workplace.context({ ...settings, output: join(workplace.folder, output) });
  return { ...context, stage: output, component: (kind, value) => made(kind, value) };
}

/** Runs a stage of the standard set with its defaults filled in, into the artifact of the given name. */
export async function runStage(
  plugin: StagePlugin,
  options: JsonObject,
  context: StageContext,
): Promise<readonly StageEvent[]> {
  const Runner = await plugin.load();
  await mkdir(context.folder, { recursive: true });
  const events: StageEvent[] = [];
  for await (const event of new Runner().run(completed(plugin, options), context)) events.push(event);
  return events;
}

/** The last value of a metric. */
export function lastMetric(events: readonly StageEvent[], name: string): number {
  const values = events.flatMap((event) =>
    event.type === 'metric' && event.name === name ? [event.value] : [],
  );
  const last = values.at(-1);
  if (last === undefined) throw new Error(`no metric ${name}`);
  return last;
}

/** All values of a metric. */
export function metricValues(events: readonly StageEvent[], name: string): readonly number[] {
  return events.flatMap((event) => (event.type === 'metric' && event.name === name ? [event.value] : []));
}

/** Warnings in the order in which they were given. */
export function warnings(events: readonly StageEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.type === 'log' && event.level === 'warning' ? [event.message] : [],
  );
}

/** `steps >= count`. */
export function steps(count: number): JsonObject {
  return { op: '>=', left: { op: 'metric', name: 'steps' }, right: { op: 'number', value: count } };
}

/** Tensors alive now. */
export const tensorsAlive = (): number => tf.memory().numTensors;
