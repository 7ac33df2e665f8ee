import * as tf from '@tensorflow/tfjs';
import { canonicalJson, type JsonObject } from '../../../base/json.js';
import type { ComponentValue, StageReference } from '../../../base/signatures.js';
import type { Adapter } from '../../../model/adapter.js';
import type { LossAndGradients } from '../../../model/gradients.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { hybridAttention, type WindowDropout } from '../../../model/hybrid/hybrid-attention.js';
import { partOf } from '../../../model/hybrid/layer-tensors.js';
import type { WindowDropoutPlan } from '../../../model/hybrid/window-dropout-plan.js';
import { languageModelGradients } from '../../../model/losses/language-model-gradients.js';
import type { Parameters } from '../../../model/parameters.js';
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
import type { Batch, Training } from '../../training/training.js';

/** Makes a `model` that is trained on next tokens as a hybrid. */
export class FinetuneStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const artifact = context.input(options['model'] as StageReference);
    const dataset = await loadDataset(context.input(options['data'] as StageReference));
    await refuseExcessiveTraining(
      {
        work: 'finetune',
        model: artifact,
        rows: options['batch'] as number,
        context: dataset.context,
        adapter: options['adapter'] as ComponentValue,
      },
      context,
    );
    const model = await loadModel(artifact, context);
    try {
      refuseUnfitData(dataset, model, context.stage);
      const matter = await matterOf(options, context, model);
      if (blinding(matter)) yield { type: 'log', level: 'warning', message: blindingCaution };
      const result = yield* trainingLoop(await trainingOf(options, context, { matter, dataset }), context);
      if (result === undefined) return;
      try {
        const adapter = options['adapter'] as ComponentValue;
        const trained = new Map([...model.trained, ...result.parameters]);
        await saveModelDelta(context.folder, { ...deltaDescription(model), adapter }, trained);
        yield { type: 'output', summary: trainingSummary(result) };
      } finally {
        disposeAll(result.parameters);
      }
    } finally {
      model.dispose();
    }
  }
}

/** What does not change from step to step. */
interface Matter {
  readonly model: LoadedModel;
  readonly conversion: Conversion;
  readonly adapter: Adapter;
  readonly dropout: WindowDropoutPlan | undefined;
}

async function matterOf(options: JsonObject, context: StageContext, model: LoadedModel): Promise<Matter> {
  const adapter = options['adapter'] as ComponentValue;
  const dropout = options['dropout'] as ComponentValue | undefined;
  refuseOtherAdapter(model, adapter, context.stage);
  return {
    model,
    conversion: conversionOf(model, context.stage),
    adapter: await context.component<Adapter>('adapter', adapter),
    dropout: dropout && (await context.component<WindowDropoutPlan>('dropout', dropout)),
  };
}

/** An adapter that is there already is trained on; two different ones cannot be told apart in the trained tensors. */
function refuseOtherAdapter({ description }: LoadedModel, adapter: ComponentValue, stage: string): void {
  const before = description.adapter;
  if (before === undefined || canonicalJson(before) === canonicalJson(adapter)) return;
  throw new StageFailure(
    `The model of "${stage}" has an adapter with other options already: ${canonicalJson(before)}. Use the same options ` +
      'to train it on, or start from the model before that adapter.',
  );
}

/** Dropped samples see nothing at all in the first rows, and never the last tokens. */
function blinding({ conversion, dropout }: Matter): boolean {
  return dropout !== undefined && conversion.linearScope === 'outside_window';
}

const blindingCaution =
  'The window is dropped although the linear branch sees only keys outside it: a sample without window has no key for ' +
  'its first tokens, and never the latest ones. Convert with linear_scope = all to train the linear branch alone.';

interface Parts {
  readonly matter: Matter;
  readonly dataset: Dataset;
}

async function trainingOf(
  options: JsonObject,
  context: StageContext,
  { matter, dataset }: Parts,
): Promise<Training> {
  const settings = await trainingSettings(options, context);
  const { batch } = settings;
  const rows = { rows: dataset.validation, limit: options['validation_rows'] as number, batch };
  return {
    initial: initialParameters(matter, options['also_train'] as readonly string[], context),
    rows: dataset.train,
    ...settings,
    step: (parameters, part) => stepOf(matter, parameters, part),
    evaluate: async (parameters) => {
      const { model, conversion, adapter } = matter;
      const trained = new Map([...model.trained, ...parameters]);
      const probed = { llama: model.llama, conversion, trained, adapters: adapter.apply(trained) };
      const probes = await probeBranches(probed, rows);
      const both = probes.get('both.loss');
      return new Map([...(both ? [['validation.loss', both] as const] : []), ...probes]);
    },
  };
}

/** The adapter's tensors, the model's own where it has them, and the parts that are trained too. */
function initialParameters(
  { model, adapter }: Matter,
  alsoTrain: readonly string[],
  context: StageContext,
): Map<string, tf.Tensor> {
  const parameters = adapter.parameters(model.llama.config, context.seed.child('adapter'));
  for (const [name, tensor] of model.trained) {
    const part = partOf(name);
    const chosen = part === undefined ? parameters.has(name) : alsoTrain.includes(part);
    if (!chosen) continue;
    parameters.get(name)?.dispose();
    parameters.set(name, tensor.clone());
  }
  return parameters;
}

/** The step's tensors outlive the scope in which its masks are drawn. */
function stepOf(
  { model, conversion, adapter, dropout }: Matter,
  parameters: Parameters,
  batch: Batch,
): LossAndGradients {
  tf.engine().startScope();
  try {
    const trained = new Map([...model.trained, ...parameters]);
    const attention = hybridAttention(conversion, trained, {
      branch: 'both',
      renormalise: true,
      ...(dropout ? { dropout: drawn(dropout, model, batch) } : {}),
    });
    const parts = { attention, adapters: adapter.apply(trained) };
    const found = languageModelGradients({ model: model.llama, trained: parameters, parts }, batch);
    tf.keep(found.loss);
    for (const gradient of found.gradients.values()) tf.keep(gradient);
    return found;
  } finally {
    tf.engine().endScope();
  }
}

function drawn(dropout: WindowDropoutPlan, { llama: { config } }: LoadedModel, batch: Batch): WindowDropout {
  return dropout.draw({
    progress: batch.progress,
    random: batch.random,
    batch: batch.tokens.shape[0],
    heads: config.heads,
    layers: config.layers,
  });
}
