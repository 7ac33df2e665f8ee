import type { ComponentValue } from '../../base/signatures.js';
import type { Precision } from '../../model/bfloat16/precision.js';
import type { ModelConfig } from '../../model/config.js';
import type { ConversionDescription } from '../model-artifact.js';
import type { PlannedWork } from './estimate-work.js';

/** The training of a converted model, without the model. */
export interface TrainingSize {
  readonly work: 'transfer' | 'finetune';
  /** Rows of a step. */
  readonly rows: number;
  /** Tokens of a row. */
  readonly context: number;
  readonly adapter?: ComponentValue;
}

/** What memory depends on of a model that is to be trained. */
export interface TrainedModel {
  readonly config: ModelConfig;
  readonly precision: Precision;
  readonly conversion: ConversionDescription | undefined;
  /** Numbers beside the base weights: feature maps, mixes, adapters. */
  readonly trainedNumbers: number;
}

/** The training as memory sees it. */
export function trainingWork(
  { work, rows, context, adapter }: TrainingSize,
  model: TrainedModel,
): PlannedWork {
  const { config, precision, conversion, trainedNumbers } = model;
  return {
    work,
    rows,
    context,
    precision,
    ...branchesOf(config, conversion),
    trainedNumbers: trainedNumbers + adapterNumbers(config, adapter),
  };
}

/** What the branches of a conversion compute with; a feature map whose options do not say counts as one of the head's size. */
function branchesOf(
  config: ModelConfig,
  conversion: ConversionDescription | undefined,
): Pick<PlannedWork, 'features' | 'window'> {
  if (conversion === undefined) return { features: 0, window: 0 };
  const { size } = conversion.feature_map.options;
  // Both signs of the projection.
  return { features: 2 * (typeof size === 'number' ? size : config.headSize), window: conversion.window };
}

/** Numbers of an adapter: two matrices beside each target; an adapter without a rank counts for nothing. */
export function adapterNumbers(config: ModelConfig, adapter: ComponentValue | undefined): number {
  const { rank, targets } = adapter?.options ?? {};
  if (typeof rank !== 'number') return 0;
  const count = Array.isArray(targets) ? targets.length : 1;
  return 2 * rank * count * config.hiddenSize * config.layers;
}

/**
 * Numbers that a conversion learns, before it was made: projections of queries and keys for each head. Those of a map
 * from elsewhere, whose options do not say their size, are counted when its stage starts.
 */
export function conversionNumbers(
  { heads, headSize, layers }: ModelConfig,
  conversion: ConversionDescription | undefined,
): number {
  if (conversion === undefined) return 0;
  const { plugin, options } = conversion.feature_map;
  const { size = plugin === 'hedgehog' ? headSize : 0 } = options;
  return typeof size === 'number' ? 2 * layers * heads * headSize * size : 0;
}
