import type { Attention } from './attention.js';
import { softmaxAttention } from './softmax.js';
import { windowAttention } from './window.js';

/** The attention that a model was pretrained with: causal softmax, within its own sliding window where it has one. */
export function teacherAttention({
  slidingWindow: window,
}: {
  readonly slidingWindow?: number | undefined;
}): Attention {
  if (window === undefined) return softmaxAttention;
  return ({ q, k, v }) => {
    // Shorter sequences do not feel the window, and the plain form is faster.
    if (q.shape[2] <= window) return softmaxAttention({ q, k, v });
    return windowAttention(q, k, v, { window, mass: false }).output;
  };
}
