import type { Condition } from '../../base/condition.js';
import type { JsonObject } from '../../base/json.js';
import type { ComponentValue } from '../../base/signatures.js';
import type { Optimizer } from '../../model/optimizers/optimizer.js';
import type { StageContext } from '../../runtime/contract/stage.js';
import type { Training } from './training.js';

/** What `trainingOptions` says, as the loop takes it. The options have passed the schema, defaults filled in. */
export async function trainingSettings(
  options: JsonObject,
  context: Pick<StageContext, 'component'>,
): Promise<Pick<Training, 'batch' | 'optimizer' | 'stop' | 'evaluateEvery' | 'keep'>> {
  return {
    batch: options['batch'] as number,
    optimizer: await context.component<Optimizer>('optimizer', options['optimizer'] as ComponentValue),
    stop: options['stop'] as Condition & JsonObject,
    evaluateEvery: options['evaluate_every'] as number,
    keep: options['keep'] === 'last' ? 'last' : 'best',
  };
}
