import type * as tf from '@tensorflow/tfjs';
import type { Seed } from '../../base/seed.js';
import type { HeadShape, LayerTensors } from '../feature-maps/feature-map.js';
import type { Conversion } from './conversion.js';

/** The parts of a conversion that learn. */
export type ConversionPart = 'feature_map' | 'mix';

/** The name under which a layer's tensor is kept: `layers.0.feature_map.query.weight`. */
function tensorName(layer: number, part: ConversionPart, name: string): string {
  return `layers.${layer}.${part}.${name}`;
}

/** The tensors of one part of one layer, by their names inside the layer. */
export function layerTensors(
  trained: ReadonlyMap<string, tf.Tensor>,
  layer: number,
  part: ConversionPart,
): LayerTensors {
  const prefix = tensorName(layer, part, '');
  const own = [...trained].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** Every tensor that a conversion learns, as it starts. The caller owns them. */
export function initialTensors(
  conversion: Conversion,
  shape: HeadShape & { readonly layers: number },
  seed: Seed,
): Map<string, tf.Tensor> {
  const tensors = new Map<string, tf.Tensor>();
  for (let layer = 0; layer < shape.layers; layer += 1) {
    const parts = {
      feature_map: conversion.featureMap.parameters(shape, seed.child(`layer ${layer}`)),
      mix: conversion.mix.parameters(shape),
    };
    for (const part of ['feature_map', 'mix'] as const) {
      for (const [name, tensor] of Object.entries(parts[part]))
        tensors.set(tensorName(layer, part, name), tensor);
    }
  }
  return tensors;
}

/** The part of a conversion that a tensor belongs to; undefined for others, such as those of adapters. */
export function partOf(name: string): ConversionPart | undefined {
  const part = /^layers\.\d+\.([^.]+)\./.exec(name)?.[1];
  return part === 'feature_map' || part === 'mix' ? part : undefined;
}

/** The tensors of one layer by what follows `layers.{i}.` in their names. */
export function ofLayer(tensors: ReadonlyMap<string, tf.Tensor>, layer: number): Record<string, tf.Tensor> {
  const prefix = `layers.${layer}.`;
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** The same tensors by their full names: the inverse of `ofLayer`. */
export function inLayer(
  tensors: Readonly<Record<string, tf.Tensor>>,
  layer: number,
): ReadonlyMap<string, tf.Tensor> {
  return new Map(Object.entries(tensors).map(([name, tensor]) => [`layers.${layer}.${name}`, tensor]));
}
