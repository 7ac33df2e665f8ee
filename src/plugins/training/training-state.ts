import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { Json } from '../../base/json.js';
import type { Parameters } from '../../model/parameters.js';
import { readTensors, writeTensors } from '../../model/weights/tensor-files.js';
import type { MetricValue } from '../../runtime/contract/stage.js';

/** The parameters that would be the result if training ended now. */
interface Kept {
  readonly parameters: Map<string, tf.Tensor>;
  readonly step: number;
  readonly metrics: ReadonlyMap<string, MetricValue>;
}

/**
 * Everything that the next step depends on. Row order and randomness depend on the step's number alone, so they need
 * no state of their own.
 */
export interface TrainingState {
  /** Steps taken. */
  step: number;
  parameters: Map<string, tf.Tensor>;
  optimizer: Map<string, tf.Tensor>;
  kept: Kept | undefined;
  /** Losses of the steps since the last evaluation. */
  losses: readonly number[];
  /** Where the stop condition stands. */
  condition: Json;
}

const parametersFile = 'parameters.safetensors';
const optimizerFile = 'optimizer.safetensors';
const keptFile = 'kept.safetensors';
const stateFile = 'state.json';

interface StateJson {
  readonly step: number;
  readonly losses: readonly number[];
  readonly condition: Json;
  readonly kept: {
    readonly step: number;
    readonly metrics: readonly (readonly [string, MetricValue])[];
  } | null;
}

/** Writes the state into the folder of a checkpoint. */
export async function saveState(folder: string, state: TrainingState): Promise<void> {
  await writeTensors(join(folder, parametersFile), state.parameters);
  await writeTensors(join(folder, optimizerFile), state.optimizer);
  if (state.kept !== undefined) await writeTensors(join(folder, keptFile), state.kept.parameters);
  const json: StateJson = {
    step: state.step,
    losses: state.losses,
    condition: state.condition,
    kept: state.kept === undefined ? null : { step: state.kept.step, metrics: [...state.kept.metrics] },
  };
  await writeFile(join(folder, stateFile), JSON.stringify(json));
}

/** Reads what `saveState` wrote. The caller owns the tensors. */
export async function loadState(folder: string): Promise<TrainingState> {
  const json = JSON.parse(await readFile(join(folder, stateFile), 'utf8')) as StateJson;
  return {
    step: json.step,
    losses: json.losses,
    condition: json.condition,
    parameters: await readTensors(join(folder, parametersFile)),
    optimizer: await readTensors(join(folder, optimizerFile)),
    kept:
      json.kept === null
        ? undefined
        : {
            step: json.kept.step,
            metrics: new Map(json.kept.metrics),
            parameters: await readTensors(join(folder, keptFile)),
          },
  };
}

/** Frees every tensor of a map. */
export function disposeAll(tensors: Parameters): void {
  for (const tensor of tensors.values()) tensor.dispose();
}
