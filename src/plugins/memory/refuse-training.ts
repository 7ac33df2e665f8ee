import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '../../runtime/contract/artifact.js';
import { outlineModel, type ModelContext, type ModelOutline } from '../model-artifact.js';
import { refuseExcess } from './refuse-excess.js';
import { trainingWork, type TrainingSize } from './training-work.js';

/** The training of a converted model, as its stage is about to begin it. */
export interface PlannedTraining extends TrainingSize {
  /** The `model` artifact to train; nothing of it is loaded yet. */
  readonly model: Artifact;
}

/** Throws `StageFailure` where the training would need more memory than there is. Reads no weights. */
export async function refuseExcessiveTraining(
  { model, ...size }: PlannedTraining,
  place: ModelContext,
): Promise<void> {
  const outline = await outlineModel(model, place);
  const { config, precision, description } = outline;
  const trained = {
    config,
    precision,
    conversion: description.conversion,
    trainedNumbers: await trainedNumbers(model, outline),
  };
  refuseExcess(config, trainingWork(size, trained));
}

const bytesOfNumber = 4;

async function trainedNumbers({ folder }: Artifact, { description }: ModelOutline): Promise<number> {
  if (description.trained === undefined) return 0;
  const { size } = await stat(join(folder, description.trained));
  return size / bytesOfNumber;
}
