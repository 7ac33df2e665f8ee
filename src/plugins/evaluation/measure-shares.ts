import type * as tf from '@tensorflow/tfjs';
import { hybridAttention } from '../../model/hybrid/hybrid-attention.js';
import type { LinearShare } from '../../model/hybrid/linear-share.js';
import { scorePositions } from '../../model/score-positions.js';
import type { LoadedModel } from '../model-artifact.js';
import type { LayerShare, LinearShares } from './linear-share.js';
import type { ItemSequence } from './task-item.js';

/**
 * How much of each layer's attention output is the linear branch's, on these sequences with both branches on. Undefined
 * for a model that was not converted, and where no query has a linear key.
 */
export async function measureShares(
  model: LoadedModel,
  sequences: readonly ItemSequence[],
): Promise<LinearShares | undefined> {
  const { conversion, trained } = model;
  if (conversion === undefined || sequences.length === 0) return undefined;
  const observed: LinearShare[] = [];
  const attention = hybridAttention(conversion, trained, {
    branch: 'both',
    renormalise: false,
    share: (share) => observed.push(share),
  });
  await scorePositions(model.llama, sequences, { attention, adapters: model.adapters });
  const layers: LayerShare[] = [];
  for (const { layer, byWeight, byNorm } of observed)
    layers.push({ layer, byWeight: await readAndDispose(byWeight), byNorm: await readAndDispose(byNorm) });
  return layers.length === 0 ? undefined : { dynamic: conversion.mix.readsWindowMass, layers };
}

async function readAndDispose(scalar: tf.Scalar): Promise<number> {
  const [value] = await scalar.data();
  scalar.dispose();
  return value ?? Number.NaN;
}
