import * as tf from '@tensorflow/tfjs';
import { normalised } from '../attention/linear.js';
import { hidden } from '../attention/masks.js';
import type { LayerTensors } from '../feature-maps/feature-map.js';
import { linearDelay, type Conversion } from './conversion.js';

/**
 * What a converted layer remembers of all tokens so far, of constant size: the last `window` keys and values, and the
 * sums over the keys that the linear branch has taken in. All in single precision or better.
 */
export type DecodeState = {
  /** `[batch, heads, at most window, keyDim]`, oldest first. */
  readonly keys: tf.Tensor4D;
  /** `[batch, heads, at most window, valueDim]`. */
  readonly values: tf.Tensor4D;
  /** Sum of phi(k) v' in the first columns, and of phi(k) in the last: `[batch, heads, features, valueDim + 1]`. */
  readonly sums: tf.Tensor4D;
};

/** One layer's tensors of the conversion. */
export interface LayerConversion {
  readonly conversion: Conversion;
  readonly featureMap: LayerTensors;
  readonly mix: LayerTensors;
}

/** New tokens of one layer, one or many: `[batch, heads, new tokens, …]`. */
export interface NewTokens {
  readonly q: tf.Tensor4D;
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
}

/** What a step of decoding gives. The caller owns all tensors. */
export type Decoded = {
  readonly output: tf.Tensor4D;
  readonly state: DecodeState;
};

/** The state before the first token. The caller owns its tensors. */
export function emptyState({ q, k, v }: NewTokens, layer: LayerConversion): DecodeState {
  return tf.tidy(() => {
    const [batch, heads, , keyDim] = k.shape;
    const valueDim = v.shape[3];
    const one = tf.slice(q, [0, 0, 0, 0], [1, -1, 1, -1]);
    const features = layer.conversion.featureMap.queries(one, layer.featureMap).shape[3];
    return {
      keys: tf.zeros<tf.Rank.R4>([batch, heads, 0, keyDim]),
      values: tf.zeros<tf.Rank.R4>([batch, heads, 0, valueDim]),
      sums: tf.zeros<tf.Rank.R4>([batch, heads, features, valueDim + 1]),
    };
  });
}

/**
 * Attends from new tokens to themselves and to the past, and takes them into the state: decoding with one token,
 * prefilling with many. Equal to the parallel form whatever the cuts. The given state stays the caller's.
 */
export function decode(state: DecodeState, tokens: NewTokens, layer: LayerConversion): Decoded {
  return tf.tidy(() => {
    const local = localKeys(state, tokens);
    const window = windowPart(tokens.q, local, layer.conversion.window);
    const linear = linearPart(state, tokens.q, local, layer);
    const weight = mixWeight(window.mass, linear.mass, { layer, seen: linear.seen });
    const output = tf.add<tf.Tensor4D>(linear.output, tf.mul(weight, tf.sub(window.output, linear.output)));
    return { output, state: advanced(state, local, layer) };
  });
}

/** The remembered and the new keys in one row. */
interface LocalKeys {
  readonly keys: tf.Tensor4D;
  readonly values: tf.Tensor4D;
  /** How many were remembered. */
  readonly remembered: number;
  readonly fresh: number;
}

function localKeys(state: DecodeState, { k, v }: NewTokens): LocalKeys {
  const remembered = state.keys.shape[2];
  const join = (old: tf.Tensor4D, fresh: tf.Tensor4D): tf.Tensor4D =>
    remembered === 0 ? fresh : tf.concat([old, fresh], 2);
  return { keys: join(state.keys, k), values: join(state.values, v), remembered, fresh: k.shape[2] };
}

/** A value for each query and local key, given how many steps the key lies before the query. */
function byDistance({ remembered, fresh }: LocalKeys, value: (steps: number) => number): tf.Tensor2D {
  const keys = remembered + fresh;
  const all = Float32Array.from({ length: fresh * keys }, (_, index) => {
    const query = remembered + Math.floor(index / keys);
    return value(query - (index % keys));
  });
  return tf.tensor2d(all, [fresh, keys]);
}

interface Part {
  readonly output: tf.Tensor4D;
  readonly mass: tf.Tensor4D;
}

function windowPart(q: tf.Tensor4D, local: LocalKeys, window: number): Part {
  const scores = tf.mul(tf.matMul(q, local.keys, false, true), 1 / Math.sqrt(q.shape[3]));
  const mask = byDistance(local, (steps) => (steps >= 0 && steps < window ? 0 : hidden));
  const visible = tf.add<tf.Tensor4D>(scores, mask);
  const exponentials = tf.exp(tf.sub<tf.Tensor4D>(visible, tf.max(visible, -1, true)));
  const mass = tf.sum<tf.Tensor4D>(exponentials, -1, true);
  return { output: tf.div(tf.matMul(exponentials, local.values), mass), mass };
}

interface LinearPart extends Part {
  /** 1 for queries that the linear branch has a key for, else 0: `[new tokens, 1]`. */
  readonly seen: tf.Tensor2D;
}

function linearPart(
  state: DecodeState,
  q: tf.Tensor4D,
  local: LocalKeys,
  { conversion, featureMap }: LayerConversion,
): LinearPart {
  const delay = linearDelay(conversion);
  const queries = conversion.featureMap.queries(q, featureMap);
  const keys = conversion.featureMap.keys(local.keys, featureMap);
  // Keys that are remembered for the window are in the sums already where the linear branch sees all keys.
  const inSums = conversion.linearScope === 'all' ? local.remembered : 0;
  const visible = byDistance(local, (steps) => (steps >= delay ? 1 : 0));
  const products = tf.mul(tf.matMul(queries, keys, false, true), withoutFirst(visible, inSums));
  const past = tf.matMul(queries, state.sums);
  const valueDim = local.values.shape[3];
  const head = tf.slice(past, [0, 0, 0, 0], [-1, -1, -1, valueDim]) as tf.Tensor4D;
  const tail = tf.slice(past, [0, 0, 0, valueDim], [-1, -1, -1, 1]) as tf.Tensor4D;
  const mass = tf.add<tf.Tensor4D>(tf.sum(products, -1, true), tail);
  const sums = tf.add<tf.Tensor4D>(tf.matMul(products, local.values), head);
  return { output: normalised(sums, mass), mass, seen: seenQueries(local, conversion) };
}

/** The mask with its first columns zero. */
function withoutFirst(mask: tf.Tensor2D, columns: number): tf.Tensor2D {
  if (columns === 0) return mask;
  return tf.pad(tf.slice(mask, [0, columns]), [
    [0, 0],
    [columns, 0],
  ]);
}

/** A query has a key outside the window once the keys up to it are more than the window. */
function seenQueries({ remembered, fresh }: LocalKeys, { linearScope, window }: Conversion): tf.Tensor2D {
  const seen = (row: number): boolean => linearScope === 'all' || remembered + row >= window;
  return tf.tensor2d(
    Float32Array.from({ length: fresh }, (_, row) => (seen(row) ? 1 : 0)),
    [fresh, 1],
  );
}

function mixWeight(
  window: tf.Tensor4D,
  linear: tf.Tensor4D,
  { layer, seen }: { readonly layer: LayerConversion; readonly seen: tf.Tensor2D },
): tf.Tensor4D {
  const weight = layer.conversion.mix.windowWeight({ window, linear }, layer.mix);
  return tf.add(tf.mul(weight, seen), tf.sub(1, seen));
}

function advanced(
  state: DecodeState,
  local: LocalKeys,
  { conversion, featureMap }: LayerConversion,
): DecodeState {
  const all = local.remembered + local.fresh;
  const kept = Math.min(conversion.window, all);
  const [start, end] = conversion.linearScope === 'all' ? [local.remembered, all] : [0, all - kept];
  const rows = (x: tf.Tensor4D, from: number, to: number): tf.Tensor4D =>
    tf.slice(x, [0, 0, from, 0], [-1, -1, to - from, -1]);
  return {
    keys: rows(local.keys, all - kept, all),
    values: rows(local.values, all - kept, all),
    sums:
      end === start
        ? tf.clone(state.sums)
        : tf.add(
            state.sums,
            outerSums(
              conversion.featureMap.keys(rows(local.keys, start, end), featureMap),
              rows(local.values, start, end),
            ),
          ),
  };
}

/** Sum over time of phi(k) [v, 1]'. */
function outerSums(keys: tf.Tensor4D, values: tf.Tensor4D): tf.Tensor4D {
  const [batch, heads, time] = values.shape;
  return tf.matMul(keys, tf.concat([values, tf.ones<tf.Rank.R4>([batch, heads, time, 1])], 3), true);
}
