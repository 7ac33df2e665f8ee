import type { JsonObject } from '../../../base/json.js';
import type { ComponentValue, StageReference } from '../../../base/signatures.js';
import { partOf } from '../../../model/hybrid/layer-tensors.js';
import type { TransferObjective } from '../../../model/losses/transfer-objective.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import { loadDataset, type Dataset } from '../../dataset-artifact.js';
import { refuseExcessiveTraining } from '../../memory/refuse-training.js';
import { loadModel, saveModelDelta, type LoadedModel } from '../../model-artifact.js';
import { probeBranches } from '../../training/branch-probes.js';
import { conversionOf, deltaDescription, refuseUnfitData } from '../../training/converted-model.js';
import { trainingLoop } from '../../training/training-loop.js';
import { trainingSettings } from '../../training/training-settings.js';
import { disposeAll } from '../../training/training-state.js';
import { trainingSummary } from '../../training/training-summary.js';
import type { Training } from '../../training/training.js';
import { validationLoss } from '../../training/validation-loss.js';
import { LayerLosses } from './layer-losses.js';
import { layersLoss, TransferSteps, type TransferMatter } from './transfer-step.js';

/** Makes a `model` whose linear branch imitates the teacher. */
export class TransferStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const artifact = context.input(options['model'] as StageReference);
    const dataset = await loadDataset(context.input(options['data'] as StageReference));
    const size = { rows: options['batch'] as number, context: dataset.context };
    await refuseExcessiveTraining({ work: 'transfer', model: artifact, ...size }, context);
    const model = await loadModel(artifact, context);
    const losses = new LayerLosses();
    let steps: TransferSteps | undefined;
    try {
      refuseUnfitData(dataset, model, context.stage);
      const matter = await matterOf(options, context, model);
      steps = new TransferSteps(matter);
      const { caution } = matter.objective;
      if (caution !== undefined) yield { type: 'log', level: 'warning', message: caution };
      const training = await trainingOf(options, context, { matter, dataset, losses, steps });
      const result = yield* losses.explaining(trainingLoop(training, context));
      if (result === undefined) return;
      try {
        const trained = new Map([...model.trained, ...result.parameters]);
        await saveModelDelta(context.folder, deltaDescription(model), trained);
        yield { type: 'output', summary: trainingSummary(result) };
      } finally {
        disposeAll(result.parameters);
      }
    } finally {
      steps?.dispose();
      losses.dispose();
      model.dispose();
    }
  }
}

async function matterOf(
  options: JsonObject,
  context: StageContext,
  model: LoadedModel,
): Promise<TransferMatter> {
  return {
    llama: model.llama,
    conversion: conversionOf(model, context.stage),
    trained: model.trained,
    objective: await context.component<TransferObjective>(
      'objective',
      options['objective'] as ComponentValue,
    ),
  };
}

interface Parts {
  readonly matter: TransferMatter;
  readonly dataset: Dataset;
  readonly losses: LayerLosses;
  readonly steps: TransferSteps;
}

async function trainingOf(
  options: JsonObject,
  context: StageContext,
  { matter, dataset, losses, steps }: Parts,
): Promise<Training> {
  const settings = await trainingSettings(options, context);
  const { batch } = settings;
  const rows = { rows: dataset.validation, limit: options['validation_rows'] as number, batch };
  return {
    initial: trainable(matter),
    rows: dataset.train,
    ...settings,
    step: (parameters, { tokens, step }) => {
      const { loss, gradients, layerLosses } = steps.of(parameters, tokens);
      losses.add(step, layerLosses);
      return { loss, gradients };
    },
    evaluate: async (parameters) => {
      const trained = new Map([...matter.trained, ...parameters]);
      const loss = await validationLoss(rows, ({ tokens }) => layersLoss({ ...matter, trained }, tokens));
      return new Map([
        ['validation.loss', loss],
        ...(await probeBranches({ llama: matter.llama, conversion: matter.conversion, trained }, rows)),
      ]);
    },
  };
}

/** Copies of what the objective trains; the loop owns them. */
function trainable({ trained, objective }: TransferMatter): Training['initial'] {
  const chosen = [...trained].filter(([name]) => objective.trains.some((part) => partOf(name) === part));
  if (chosen.length === 0) {
    throw new StageFailure(
      'This objective has nothing to train: the feature map of the model learns nothing.',
    );
  }
  return new Map(chosen.map(([name, tensor]) => [name, tensor.clone()]));
}
