import type { Precision } from '../../model/bfloat16/precision.js';
import type { ModelConfig } from '../../model/config.js';
import type { PlannedWork } from '../memory/estimate-work.js';

/** How much is measured at once. */
export interface MeasurementSize {
  /** Items of a batch. */
  readonly rows: number;
  /** Tokens of the longest one. */
  readonly context: number;
  readonly precision: Precision;
}

/**
 * Measuring as memory sees it. Of a conversion's branches only the attention is known here: features of both signs are
 * the most that is usual.
 */
export function measurementWork({ headSize }: ModelConfig, size: MeasurementSize): PlannedWork {
  return { work: 'measure', ...size, features: 2 * headSize, window: 0, trainedNumbers: 0 };
}
