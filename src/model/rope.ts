import * as tf from '@tensorflow/tfjs';
import { scaledFrequency, type RopeScaling } from './rope-scaling.js';
import { TensorCache } from './tensor-cache.js';

/** Where a sequence stands, and how fast its positions turn. */
export interface RotaryPositions {
  /** The base of the geometric series of wave lengths. */
  readonly theta: number;
  /** The position of the first token; 0 unless a cache precedes it. */
  readonly first?: number;
  readonly scaling?: RopeScaling | undefined;
}

/** Cosines and sines of positions: `[time, headSize]`. */
export type RotaryTable = { readonly cosine: tf.Tensor2D; readonly sine: tf.Tensor2D };

/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's half-rotation form: feature i turns with feature
 * i + headSize/2. x is [batch, heads, time, headSize]. The transpose of a rotation turns back, so the gradient is the
 * same form with the sines negated.
 */
export function rotate(x: tf.Tensor4D, positions: RotaryPositions): tf.Tensor4D {
  return tf.tidy(() => {
    const { cosine, sine } = sharedRotaryTable(x.shape[2], x.shape[3], positions);
    const apply = tf.customGrad<tf.Tensor4D>((...inputs) => {
      const [features, save] = inputs as [tf.Tensor4D, tf.GradSaveFunc];
      save([cosine, sine]);
      return {
        value: features.mul<tf.Tensor4D>(cosine).add(turnedQuarter(features).mul(sine)),
        gradFunc: (dy, saved) => {
          const [cos, sin] = saved as [tf.Tensor, tf.Tensor];
          return dy.mul(cos).sub(turnedQuarter(dy).mul(sin));
        },
      };
    });
    return apply(x);
  });
}

/** The same by the formula alone, differentiable operation by operation; for tests. */
export function rotateNaive(x: tf.Tensor4D, positions: RotaryPositions): tf.Tensor4D {
  return tf.tidy(() => {
    const { cosine, sine } = rotaryTable(x.shape[2], x.shape[3], positions);
    return turned(x, { cosine, sine });
  });
}

/** The rotation by the rows of a table: x is [..., time, headSize]. */
export function turned(x: tf.Tensor4D, { cosine, sine }: RotaryTable): tf.Tensor4D {
  return tf.tidy(() => x.mul<tf.Tensor4D>(cosine).add(turnedQuarter(x).mul(sine)));
}

/** [a, b] -> [-b, a], halves of the last axis. */
function turnedQuarter(x: tf.Tensor4D): tf.Tensor4D {
  const half = x.shape[3] / 2;
  const [first, second] = tf.split(x, [half, half], 3);
  return tf.concat([(second as tf.Tensor4D).neg(), first as tf.Tensor4D], 3);
}

/** The tables of a few lengths; computing one takes longer than using it. */
const tables = new TensorCache(16);

/** As `rotaryTable`, made once. Shared: never dispose it. */
export function sharedRotaryTable(time: number, headSize: number, positions: RotaryPositions): RotaryTable {
  const key = `${time} ${headSize} ${JSON.stringify(positions)}`;
  return {
    cosine: tables.get(`cosine ${key}`, () => table([time, headSize], positions, Math.cos)),
    sine: tables.get(`sine ${key}`, () => table([time, headSize], positions, Math.sin)),
  };
}

/** Cosines and sines as [time, headSize]; both halves of the last axis are equal. The caller owns them. */
export function rotaryTable(time: number, headSize: number, positions: RotaryPositions): RotaryTable {
  const shape = [time, headSize] as const;
  return { cosine: table(shape, positions, Math.cos), sine: table(shape, positions, Math.sin) };
}

function table(
  shape: readonly [number, number],
  positions: RotaryPositions,
  ofAngle: (angle: number) => number,
): tf.Tensor2D {
  return tf.tensor2d(rotaryNumbers(shape, positions, ofAngle), [...shape]);
}

/** What `ofAngle`, a cosine or a sine, gives for `[time, headSize]`, row by row: the numbers of a `rotaryTable`. */
export function rotaryNumbers(
  [time, headSize]: readonly [number, number],
  { theta, first = 0, scaling }: RotaryPositions,
  ofAngle: (angle: number) => number,
): Float32Array {
  const half = headSize / 2;
  const numbers = new Float32Array(time * headSize);
  for (let pair = 0; pair < half; pair += 1) {
    // Single precision throughout, as the reference computes it: far positions are sensitive to the last bit.
    const unscaled = Math.fround(1 / Math.fround(theta ** ((2 * pair) / headSize)));
    const frequency = scaledFrequency(unscaled, scaling);
    for (let position = 0; position < time; position += 1) {
      const at = position * headSize + pair;
      numbers[at] = numbers[at + half] = ofAngle(Math.fround((first + position) * frequency));
    }
  }
  return numbers;
}
