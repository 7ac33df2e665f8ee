import * as tf from '@tensorflow/tfjs';
import type { Precision } from '../../model/bfloat16/precision.js';
import type { ModelConfig } from '../../model/config.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import type { AvailableMemory } from './available-memory.js';
import type { ComputePlace } from './compute-place.js';
import { estimateWork, otherLimit, weightsAlone, type PlannedWork } from './estimate-work.js';

/**
 * Throws `StageFailure` where the work would need more memory than there is for it: with the estimate, what is there,
 * what takes most, and what to change. Nothing needs to be loaded yet. On a graphics card nothing is refused: tensors
 * do not lie in the machine's memory there.
 */
export function refuseExcess(config: ModelConfig, planned: PlannedWork, available?: AvailableMemory): void {
  const { excess } = estimateWork(config, planned, currentPlace(), available);
  if (excess !== undefined)
    throw new StageFailure(`This ${excess} This stage has computed nothing yet. ${otherLimit}`);
}

/** As `refuseExcess`, for the weights alone. */
export function refuseWeights(config: ModelConfig, precision: Precision): void {
  refuseExcess(config, weightsAlone(precision));
}

/** What computes in this process. */
function currentPlace(): ComputePlace {
  const backend = tf.getBackend();
  const { isUsingGpuDevice } = tf.backend() as { readonly isUsingGpuDevice?: boolean };
  return { backend, isCard: backend === 'webgpu' || isUsingGpuDevice === true };
}
