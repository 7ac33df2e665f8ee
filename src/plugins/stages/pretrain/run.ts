import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { JsonObject } from '../../../base/json.js';
import type { StageReference } from '../../../base/signatures.js';
import { softmaxAttention } from '../../../model/attention/softmax.js';
import type { ModelConfig } from '../../../model/config.js';
import { lossAndGradients } from '../../../model/gradients.js';
import { initialWeights } from '../../../model/initial-weights.js';
import { languageModelLoss, type ScoredTokens } from '../../../model/losses/language-model-loss.js';
import type { Parameters } from '../../../model/parameters.js';
import { readTokenizerFile, type Tokenizer } from '../../../model/tokenizer.js';
import { saveLlama } from '../../../model/weights/hugging-face-folder.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import { loadDataset, type Dataset } from '../../dataset-artifact.js';
import { mendable } from '../../mendable.js';
import { refuseExcess } from '../../memory/refuse-excess.js';
import { saveModelDelta } from '../../model-artifact.js';
import type { Training } from '../../training/training.js';
import { trainingLoop } from '../../training/training-loop.js';
import { trainingSettings } from '../../training/training-settings.js';
import { disposeAll } from '../../training/training-state.js';
import { trainingSummary } from '../../training/training-summary.js';
import { validationLoss } from '../../training/validation-loss.js';
import { pretrainedConfig, pretrainingWork } from './model-config.js';

/** Makes a `model` from random weights. */
export class PretrainStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const dataset = await loadDataset(context.input(options['data'] as StageReference));
    const tokenizerFile = context.path(options['tokenizer_file'] as string);
    const tokenizer = await mendable(() => readTokenizerFile(tokenizerFile));
    refuseOtherTokenizer(dataset, tokenizer, tokenizerFile);
    const config = pretrainedConfig(options, tokenizer, dataset.context);
    refuseExcess(config, pretrainingWork(options, config));
    const training = await trainingOf(options, context, { config, dataset });
    const result = yield* trainingLoop(training, context);
    if (result === undefined) return;
    try {
      await saveModel(context.folder, { config, tokenizerFile, parameters: result.parameters });
      yield { type: 'output', summary: trainingSummary(result, 'parameters') };
    } finally {
      disposeAll(result.parameters);
    }
  }
}

function refuseOtherTokenizer(dataset: Dataset, tokenizer: Tokenizer, file: string): void {
  if (dataset.tokenizer === tokenizer.fingerprint) return;
  throw new StageFailure(
    `${file}: this tokenizer did not make the data. Name the same file here and in the data stage.`,
  );
}

interface Matter {
  readonly config: ModelConfig;
  readonly dataset: Dataset;
}

async function trainingOf(
  options: JsonObject,
  context: StageContext,
  { config, dataset }: Matter,
): Promise<Training> {
  const settings = await trainingSettings(options, context);
  const { batch } = settings;
  const lossOf = (parameters: Parameters, rows: ScoredTokens): tf.Scalar =>
    languageModelLoss({ config, parameters }, rows, { attention: softmaxAttention });
  return {
    initial: initialWeights(config, options['initial_deviation'] as number, context.seed.child('weights')),
    rows: dataset.train,
    ...settings,
    step: (parameters, rows) => lossAndGradients(parameters, (inputs) => lossOf(inputs, rows)),
    evaluate: async (parameters) => {
      const rows = { rows: dataset.validation, limit: options['validation_rows'] as number, batch };
      return new Map([['validation.loss', await validationLoss(rows, (part) => lossOf(parameters, part))]]);
    },
  };
}

interface Trained {
  readonly config: ModelConfig;
  readonly tokenizerFile: string;
  readonly parameters: Parameters;
}

async function saveModel(folder: string, { config, tokenizerFile, parameters }: Trained): Promise<void> {
  const base = join(folder, 'base');
  await saveLlama(base, { config, parameters });
  await copyFile(tokenizerFile, join(base, 'tokenizer.json'));
  const tokenizerConfig = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: config.contextLength,
  };
  await writeFile(join(base, 'tokenizer_config.json'), `${JSON.stringify(tokenizerConfig, null, 2)}\n`);
  await saveModelDelta(folder, { base: { folder: 'base' } }, new Map());
}
