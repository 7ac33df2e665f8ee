import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComponentValue } from '../../base/signatures.js';
import type { ModelConfig } from '../../model/config.js';
import type { Workload } from '../../model/memory-estimate.js';
import type { Artifact } from '../../runtime/contract/artifact.js';
import { outlineModel, type ModelContext, type ModelOutline } from '../model-artifact.js';
import { refuseExcess } from './refuse-excess.js';

/** The training of a converted model, as its stage is about to begin it. */
export interface PlannedTraining {
  readonly work: 'transfer' | 'finetune';
  /** The `model` artifact to train; nothing of it is loaded yet. */
  readonly model: Artifact;
  /** Rows of a step. */
  readonly rows: number;
  /** Tokens of a row. */
  readonly context: number;
  readonly adapter?: ComponentValue;
}

/** Throws `StageFailure` where the training would need more memory than there is. Reads no weights. */
export async function refuseExcessiveTraining(
  { work, model, rows, context, adapter }: PlannedTraining,
  place: ModelContext,
): Promise<void> {
  const outline = await outlineModel(model, place);
  const trained = await trainedNumbers(model, outline);
  refuseExcess(outline.config, {
    work,
    rows,
    context,
    ...branchesOf(outline),
    trainedNumbers: trained + adapterNumbers(outline.config, adapter),
  });
}

/** What the branches of a conversion compute with; a feature map whose options do not say counts as one of the head's size. */
function branchesOf({
  config,
  description: { conversion },
  precision,
}: ModelOutline): Pick<Workload, 'features' | 'window' | 'precision'> {
  if (conversion === undefined) return { features: 0, window: 0, precision };
  const { size } = conversion.feature_map.options;
  // Both signs of the projection.
  const features = 2 * (typeof size === 'number' ? size : config.headSize);
  return { features, window: conversion.window, precision };
}

const bytesOfNumber = 4;

async function trainedNumbers({ folder }: Artifact, { description }: ModelOutline): Promise<number> {
  if (description.trained === undefined) return 0;
  const { size } = await stat(join(folder, description.trained));
  return size / bytesOfNumber;
}

/** Two matrices beside each target; an adapter without a rank counts for nothing. */
function adapterNumbers(config: ModelConfig, adapter: ComponentValue | undefined): number {
  const { rank, targets } = adapter?.options ?? {};
  if (typeof rank !== 'number') return 0;
  const count = Array.isArray(targets) ? targets.length : 1;
  return 2 * rank * count * config.hiddenSize * config.layers;
}
