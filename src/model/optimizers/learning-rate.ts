import type { StepPlace } from './optimizer.js';

/** How the learning rate changes over a stage. */
export interface LearningRate {
  /** The largest rate. */
  readonly peak: number;
  /** Steps of linear growth from zero. */
  readonly warmupSteps: number;
  /** The way from the peak to the final rate over the steps after the warmup. */
  readonly decay: 'constant' | 'linear' | 'cosine';
  /** The last step's rate as a share of the peak; not used by `constant`. */
  readonly finalShare: number;
}

/** The rate of one step. The last warmup step has the peak; the last step of all has the final share of it. */
export function learningRateAt(rate: LearningRate, { step, of }: StepPlace): number {
  const { peak, warmupSteps, decay, finalShare } = rate;
  if (step <= warmupSteps) return (peak * step) / warmupSteps;
  if (decay === 'constant') return peak;
  const left = 1 - Math.min(1, (step - warmupSteps) / Math.max(1, of - warmupSteps));
  const share = decay === 'linear' ? left : (1 - Math.cos(Math.PI * left)) / 2;
  return peak * (finalShare + (1 - finalShare) * share);
}
