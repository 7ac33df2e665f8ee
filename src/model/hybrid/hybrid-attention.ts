import * as tf from '@tensorflow/tfjs';
import type { Attention, AttentionInput } from '../attention/attention.js';
import { blend } from '../attention/blend.js';
import { linearAttention, type LinearBranch } from '../attention/linear.js';
import { hasOutsideKey } from '../attention/masks.js';
import { windowAttention, type WindowBranch } from '../attention/window.js';
import { linearDelay, type Conversion, type LinearScope } from './conversion.js';
import { layerTensors } from './layer-tensors.js';
import { sinkAttention } from './sinks.js';
import { reportShare, type ShareObserver } from './linear-share.js';

/** What of the hybrid stays active. */
export type Branch = 'both' | 'window' | 'linear' | 'sinks' | 'none';

/** The window, dropped at random while training. */
export interface WindowDropout {
  /** 1 where the window stays, 0 where it is dropped; broadcasts to `[batch, heads, 1, 1]`. Of a layer, if a function. */
  readonly keep: tf.Tensor4D | ((layer: number) => tf.Tensor4D);
  /** What a sample without window computes: LA at weight 1, or at the share 1 - g that it has beside the window. */
  readonly dropped: 'linear_alone' | 'linear_share';
}

/** How a hybrid attends. */
export interface HybridOptions {
  readonly branch: Branch;
  /** Whether a branch alone has weight 1; else it keeps the weight that it has beside the other one. */
  readonly renormalise: boolean;
  /** The keys that the linear branch sees, where that is not what the conversion says. */
  readonly linearScope?: LinearScope;
  /** Leading keys that `sinks` sees. */
  readonly sinks?: number;
  readonly dropout?: WindowDropout;
  /** Told how much of the output is the linear branch's, layer by layer. */
  readonly share?: ShareObserver;
}

/** The ablation of arXiv 2510.05901: "only the first 8 values, through softmax". */
const defaultSinks = 8;

/** The attention of a converted model. `trained` holds the conversion's tensors by their full names. */
export function hybridAttention(
  conversion: Conversion,
  trained: ReadonlyMap<string, tf.Tensor>,
  options: HybridOptions,
): Attention {
  const scope = options.linearScope ?? conversion.linearScope;
  const hybrid: Hybrid = { ...options, conversion: { ...conversion, linearScope: scope }, trained };
  switch (options.branch) {
    case 'none':
      return ({ v }) => tf.zerosLike(v);
    case 'sinks':
      return (input) => sinkAttention(input, options.sinks ?? defaultSinks);
    case 'window':
      return (input) => (options.renormalise ? windowAlone(hybrid, input) : mixed(hybrid, input));
    case 'linear':
      return (input) => (options.renormalise ? linearAlone(hybrid, input) : mixed(hybrid, input));
    case 'both':
      return (input) => mixed(hybrid, input);
  }
}

interface Hybrid extends HybridOptions {
  /** With the scope that counts. */
  readonly conversion: Conversion;
  readonly trained: ReadonlyMap<string, tf.Tensor>;
}

function windowAlone({ conversion: { window } }: Hybrid, { q, k, v }: AttentionInput): tf.Tensor4D {
  return windowAttention(q, k, v, { window, mass: false }).output;
}

function linearAlone(hybrid: Hybrid, input: AttentionInput): tf.Tensor4D {
  return tf.tidy(() => linearBranch(hybrid, input).output);
}

function linearBranch({ conversion, trained }: Hybrid, { q, k, v, layer }: AttentionInput): LinearBranch {
  const { featureMap } = conversion;
  const tensors = layerTensors(trained, layer, 'feature_map');
  return linearAttention({
    queries: featureMap.queries(q, tensors),
    keys: featureMap.keys(k, tensors),
    values: v,
    delay: linearDelay(conversion),
  });
}

/** Both branches, or one at the weight that it has beside the other. */
function mixed(hybrid: Hybrid, input: AttentionInput): tf.Tensor4D {
  return tf.tidy(() => {
    const { conversion, branch, dropout, share } = hybrid;
    const { q, k, v, layer } = input;
    const linear = linearBranch(hybrid, input);
    const window = windowAttention(q, k, v, {
      window: conversion.window,
      mass: conversion.mix.readsWindowMass,
    });
    const weight = windowWeight(hybrid, window, { linear, layer });
    if (share) reportShare(share, { layer, weight, window, linear, conversion });
    if (branch === 'window') return tf.mul(window.output, weight);
    if (branch === 'linear') return tf.mul(linear.output, tf.sub(1, weight));
    return dropout
      ? withDropout({ window, linear, weight }, dropout, layer)
      : blend({ linear: linear.output, window: window.output }, weight);
  });
}

/** The mix's weight, and 1 where a query has no linear key. */
function windowWeight(
  { conversion, trained }: Hybrid,
  window: WindowBranch,
  { linear, layer }: { readonly linear: LinearBranch; readonly layer: number },
): tf.Tensor4D {
  const mass = { window: window.mass ?? tf.ones<tf.Rank.R4>([1, 1, 1, 1]), linear: linear.mass };
  const weight = conversion.mix.windowWeight(mass, layerTensors(trained, layer, 'mix'));
  if (conversion.linearScope === 'all') return weight;
  const time = linear.mass.shape[2];
  const hasKey = hasOutsideKey(time, conversion.window);
  return tf.add(tf.mul(weight, hasKey), tf.sub(1, hasKey));
}

interface Weighted {
  readonly window: WindowBranch;
  readonly linear: LinearBranch;
  readonly weight: tf.Tensor4D;
}

function withDropout(
  { window, linear, weight }: Weighted,
  dropout: WindowDropout,
  layer: number,
): tf.Tensor4D {
  const keep = typeof dropout.keep === 'function' ? dropout.keep(layer) : dropout.keep;
  const kept = tf.mul<tf.Tensor4D>(weight, keep);
  if (dropout.dropped === 'linear_alone')
    return blend({ linear: linear.output, window: window.output }, kept);
  const linearWeight = tf.sub<tf.Tensor4D>(1, weight);
  return tf.add(tf.mul(window.output, kept), tf.mul(linear.output, linearWeight));
}
