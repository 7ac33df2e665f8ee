import type { Conversion } from '../../model/hybrid/conversion.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import type { Dataset } from '../dataset-artifact.js';
import type { LoadedModel, ModelDescription } from '../model-artifact.js';

/** The conversion of a model that is to be trained. Throws `StageFailure` where it has none. */
export function conversionOf({ conversion }: LoadedModel, stage: string): Conversion {
  if (conversion !== undefined) return conversion;
  throw new StageFailure(
    `The model of "${stage}" is not converted. Put a convert stage before it, and name that as its model.`,
  );
}

/** Throws `StageFailure` where the data cannot train or judge the model. */
export function refuseUnfitData(dataset: Dataset, { tokenizer, llama }: LoadedModel, stage: string): void {
  if (dataset.tokenizer !== tokenizer.fingerprint) {
    throw new StageFailure(
      `The data of "${stage}" was made with another tokenizer than that of its model. Name the model as the ` +
        '"tokenizer" of the data stage.',
    );
  }
  if (dataset.context > llama.config.contextLength) {
    throw new StageFailure(
      `The rows of "${stage}" have ${dataset.context} tokens, and its model is made for ${llama.config.contextLength}. ` +
        'Lower the "context" of the data stage.',
    );
  }
  if (dataset.validation.count === 0) {
    throw new StageFailure(
      `The data of "${stage}" has no held-out rows. Raise the "holdout" of the data stage, or give it more text.`,
    );
  }
}

/** How a model that is derived from this one names its parts; what differs is added by the caller. */
export function deltaDescription({
  baseArtifact,
  description,
}: Pick<LoadedModel, 'baseArtifact' | 'description'>): Omit<ModelDescription, 'trained'> {
  const { conversion, adapter } = description;
  return {
    base: { artifact: baseArtifact },
    ...(conversion === undefined ? {} : { conversion }),
    ...(adapter === undefined ? {} : { adapter }),
  };
}
