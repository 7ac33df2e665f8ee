import * as tf from '@tensorflow/tfjs';
import { hidden } from '../attention/masks.js';
import type { BranchMass } from '../attention/mix.js';
import type { LayerTensors } from '../feature-maps/feature-map.js';
import {
  linearPartOf,
  mixedParts,
  windowPartOf,
  type BranchPart,
  type DecodedBranch,
} from './branch-parts.js';
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
  /** `both` where absent. */
  readonly branch?: DecodedBranch;
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
    const entering = layer.branch === 'window' ? undefined : enteringKeys(local, layer);
    const step: Step = { q: tokens.q, local, entering, layer };
    return { output: attended(state, step), state: advanced(state, step) };
  });
}

/** What one call of `decode` works with. */
interface Step {
  readonly q: tf.Tensor4D;
  readonly local: LocalKeys;
  readonly entering: EnteringKeys | undefined;
  readonly layer: LayerConversion;
}

function attended(state: DecodeState, step: Step): tf.Tensor4D {
  return mixedParts(step.layer.branch, {
    window: () => windowPart(step),
    linear: () => linearPart(state, step),
    windowWeight: (mass) => mixWeight(mass, step),
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

/** A run of local keys: `start` included, `end` not. */
interface KeyRows {
  readonly start: number;
  readonly end: number;
}

/** A value for each new query and some local keys, given how many steps the key lies before the query. */
function byDistance(
  { remembered, fresh }: LocalKeys,
  { start, end }: KeyRows,
  value: (steps: number) => number,
): tf.Tensor2D {
  const keys = end - start;
  const all = Float32Array.from({ length: fresh * keys }, (_, index) => {
    const query = remembered + Math.floor(index / keys);
    return value(query - start - (index % keys));
  });
  return tf.tensor2d(all, [fresh, keys]);
}

function rows(x: tf.Tensor4D, { start, end }: KeyRows): tf.Tensor4D {
  return tf.slice(x, [0, 0, start, 0], [-1, -1, end - start, -1]);
}

function windowPart({ q, local, layer }: Step): BranchPart {
  const { window } = layer.conversion;
  const scores = tf.mul(tf.matMul(q, local.keys, false, true), 1 / Math.sqrt(q.shape[3]));
  const everyKey = { start: 0, end: local.remembered + local.fresh };
  const mask = byDistance(local, everyKey, (steps) => (steps >= 0 && steps < window ? 0 : hidden));
  return windowPartOf<tf.Tensor4D>(tf.add(scores, mask), local.values);
}

/** The local keys that the linear branch takes in with the new tokens; the others are in its sums, or wait. */
interface EnteringKeys extends KeyRows {
  /** phi(k): `[batch, heads, end - start, features]`. */
  readonly features: tf.Tensor4D;
  /** Behind each value a one, which sums up the weights: `[batch, heads, end - start, valueDim + 1]`. */
  readonly values: tf.Tensor4D;
}

function enteringKeys(
  local: LocalKeys,
  { conversion, featureMap }: LayerConversion,
): EnteringKeys | undefined {
  const all = local.remembered + local.fresh;
  const [start, end] =
    conversion.linearScope === 'all' ? [local.remembered, all] : [0, all - conversion.window];
  if (start >= end) return undefined;
  const values = rows(local.values, { start, end });
  const ones = tf.ones<tf.Rank.R4>([values.shape[0], values.shape[1], end - start, 1]);
  return {
    start,
    end,
    features: conversion.featureMap.keys(rows(local.keys, { start, end }), featureMap),
    values: tf.concat([values, ones], 3),
  };
}

function linearPart(state: DecodeState, { q, local, entering, layer }: Step): BranchPart {
  const queries = layer.conversion.featureMap.queries(q, layer.featureMap);
  const past = tf.matMul<tf.Tensor4D>(queries, state.sums);
  return linearPartOf(
    entering === undefined ? past : tf.add(past, sumsOver(queries, entering, { local, layer })),
  );
}

/** What new queries see of the entering keys: `[batch, heads, new tokens, valueDim + 1]`. */
function sumsOver(
  queries: tf.Tensor4D,
  entering: EnteringKeys,
  { local, layer }: Pick<Step, 'local' | 'layer'>,
): tf.Tensor4D {
  const delay = linearDelay(layer.conversion);
  const visible = byDistance(local, entering, (steps) => (steps >= delay ? 1 : 0));
  const products = tf.mul(tf.matMul(queries, entering.features, false, true), visible);
  return tf.matMul(products, entering.values);
}

/** 1 for queries that the linear branch has a key for, else 0: `[new tokens, 1]`. */
function seenQueries({ remembered, fresh }: LocalKeys, { linearScope, window }: Conversion): tf.Tensor2D {
  const seen = (row: number): boolean => linearScope === 'all' || remembered + row >= window;
  return tf.tensor2d(
    Float32Array.from({ length: fresh }, (_, row) => (seen(row) ? 1 : 0)),
    [fresh, 1],
  );
}

/** The mix's weight, and 1 where a query has no linear key. */
function mixWeight(mass: BranchMass, { layer, local }: Step): tf.Tensor4D {
  const weight = layer.conversion.mix.windowWeight(mass, layer.mix);
  const seen = seenQueries(local, layer.conversion);
  return tf.add(tf.mul(weight, seen), tf.sub(1, seen));
}

function advanced(state: DecodeState, { local, entering, layer }: Step): DecodeState {
  const end = local.remembered + local.fresh;
  const kept = { start: Math.max(0, end - layer.conversion.window), end };
  return {
    keys: rows(local.keys, kept),
    values: rows(local.values, kept),
    sums:
      entering === undefined
        ? tf.clone(state.sums)
        : tf.add(state.sums, tf.matMul(entering.features, entering.values, true)),
  };
}
