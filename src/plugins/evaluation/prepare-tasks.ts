import type { ComponentValue } from '../../base/signatures.js';
import { StageFailure, type StageContext, type StageEvent } from '../../runtime/contract/stage.js';
import type { LoadedModel } from '../model-artifact.js';
import { untilAborted } from '../until-aborted.js';
import type { PreparedTask } from './measure.js';
import type { TaskItem } from './task-item.js';
import { taskMetrics, taskName, type Task, type TaskContext } from './task.js';

/**
 * Makes the items of all tasks, from the stage's seed: the same items for every branch and variant. Gives undefined where
 * the stage is to stop.
 */
export async function* prepareTasks(
  tasks: readonly ComponentValue[],
  model: LoadedModel,
  stage: StageContext,
): AsyncGenerator<StageEvent, readonly PreparedTask[] | undefined, undefined> {
  const prepared: PreparedTask[] = [];
  for (const value of tasks) {
    const name = taskName(value);
    const task = await stage.component<Task>('task', value);
    const context = taskContext(name, model, stage);
    const items = yield* itemsOf(task, context);
    if (items === undefined) return undefined;
    if (items.length === 0)
      throw new StageFailure(`The task "${name}" has no items. Give it more held-out data, or remove it.`);
    const settings = task.settings?.(context);
    prepared.push({
      name,
      metrics: taskMetrics(value),
      items,
      ...(settings === undefined ? {} : { settings }),
    });
  }
  return prepared;
}

async function* itemsOf(
  task: Task,
  context: TaskContext,
): AsyncGenerator<StageEvent, readonly TaskItem[] | undefined, undefined> {
  const made = task.items(context);
  return Symbol.asyncIterator in made ? yield* untilAborted(made, context.stage.signal) : made;
}

function taskContext(name: string, { llama, tokenizer }: LoadedModel, stage: StageContext): TaskContext {
  const begin = llama.config.beginToken ?? tokenizer.endOfText;
  return {
    stage,
    seed: stage.seed.child(`task ${name}`),
    vocabularySize: tokenizer.vocabularySize,
    tokenizerFingerprint: tokenizer.fingerprint,
    contextLength: llama.config.contextLength,
    start: begin === undefined ? [] : [begin],
    encode: (text) => tokenizer.encode(text),
    textOf: (token) => tokenizer.decode([token]),
    decode: (tokens) => tokenizer.decode(tokens),
  };
}
