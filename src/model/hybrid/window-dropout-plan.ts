import * as tf from '@tensorflow/tfjs';
import type { RandomStream } from '../../base/seed.js';
import type { WindowDropout } from './hybrid-attention.js';

/** What shares one draw: a whole batch, a sample in all layers, a sample's layer, or a head of a sample's layer. */
export type DropoutGranularity = 'batch' | 'sample' | 'layer' | 'head';

/** How the window is dropped over a stage. */
export interface WindowDropoutSettings {
  /** Probabilities of dropping the window, in equal parts of the stage's planned length. */
  readonly schedule: readonly number[];
  readonly granularity: DropoutGranularity;
  readonly dropped: WindowDropout['dropped'];
}

/** The step for which windows are drawn. */
export interface DropoutPlace {
  /** How much of the stage is behind it, in [0, 1). */
  readonly progress: number;
  readonly random: RandomStream;
  readonly batch: number;
  readonly heads: number;
  readonly layers: number;
}

/** Draws which windows a step keeps: the product of a `dropout` component. */
export interface WindowDropoutPlan {
  /** The dropout of one step. Its tensors are the caller's, by way of the surrounding `tidy`. */
  draw(place: DropoutPlace): WindowDropout;
}

/** Scheduled sliding-window dropout (arXiv 2510.05901): high at first, so that the linear branch has to work. */
export function windowDropout(settings: WindowDropoutSettings): WindowDropoutPlan {
  return {
    draw: (place) => {
      const probability = scheduled(settings.schedule, place.progress);
      const masks = keepMasks(settings.granularity, probability, place);
      return { keep: (layer) => (masks[layer] ?? masks[0]) as tf.Tensor4D, dropped: settings.dropped };
    },
  };
}

/** The value of a schedule whose values hold for equal parts. */
export function scheduled(schedule: readonly number[], progress: number): number {
  const index = Math.min(schedule.length - 1, Math.floor(progress * schedule.length));
  return schedule[index] ?? 0;
}

/** One mask for all layers, or one for each. */
function keepMasks(
  granularity: DropoutGranularity,
  probability: number,
  { random, batch, heads, layers }: DropoutPlace,
): readonly tf.Tensor4D[] {
  const draw = (samples: number, perSample: number): tf.Tensor4D => {
    const kept = Float32Array.from({ length: samples * perSample }, () =>
      random.next() < probability ? 0 : 1,
    );
    return tf.tensor4d(kept, [samples, perSample, 1, 1]);
  };
  switch (granularity) {
    case 'batch':
      return [draw(1, 1)];
    case 'sample':
      return [draw(batch, 1)];
    case 'layer':
      return Array.from({ length: layers }, () => draw(batch, 1));
    case 'head':
      return Array.from({ length: layers }, () => draw(batch, heads));
  }
}
