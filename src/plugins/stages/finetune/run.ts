import * as tf from '@tensorflow/tfjs';
import { canonicalJson, type JsonObject } from '../../../base/json.js';
import type { ComponentValue, StageReference } from '../../../base/signatures.js';
import type { Adapter } from '../../../model/adapter.js';
import type { LossAndGradients } from '../../../model/gradients.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { hybridAttention, type WindowDropout } from '../../../model/hybrid/hybrid-attention.js';
import { ofLayer, partOf } from '../../../model/hybrid/layer-tensors.js';
import type { WindowDropoutPlan } from '../../../model/hybrid/window-dropout-plan.js';
import { LanguageModelGradients } from '../../../model/losses/language-model-gradients.js';
import type { Parameters } from '../../../model/parameters.js';
import type { TensorTree } from '../../../model/replay/tensor-tree.js';
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
    const gradients = new LanguageModelGradients(model.llama);
    try {
      refuseUnfitData(dataset, model, context.stage);
      const matter = await matterOf(options, context, model);
      if (blinding(matter)) yield { type: 'log', level: 'warning', message: blindingCaution };
      const training = await trainingOf(options, context, { matter, dataset, gradients });
      const result = yield* trainingLoop(training, context);
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
      gradients.dispose();
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
  readonly gradients: LanguageModelGradients;
}

async function trainingOf(
  options: JsonObject,
  context: StageContext,
  { matter, dataset, gradients }: Parts,
): Promise<Training> {
  const settings = await trainingSettings(options, context);
  const { batch } = settings;
  const rows = { rows: dataset.validation, limit: options['validation_rows'] as number, batch };
  return {
    initial: initialParameters(matter, options['also_train'] as readonly string[], context),
    rows: dataset.train,
    ...settings,
    step: (parameters, part) => stepOf({ ...matter, gradients }, parameters, part),
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
  { model, conversion, adapter, dropout, gradients }: Matter & Pick<Parts, 'gradients'>,
  parameters: Parameters,
  batch: Batch,
): LossAndGradients {
  tf.engine().startScope();
  try {
    const masks = dropout && drawn(dropout, model, batch);
    const trained = new Map([...model.trained, ...parameters]);
    const attention = hybridAttention(conversion, trained, {
      branch: 'both',
      renormalise: true,
      ...(masks && { dropout: masks }),
    });
    const parts = { attention, adapters: adapter.apply(trained) };
    const reads = (layer: number): TensorTree => [
      ofLayer(trained, layer),
      ...(masks ? [masks.keep(layer)] : []),
    ];
    const found = gradients.of({ trained: parameters, parts, reads }, batch);
    tf.keep(found.loss);
    for (const gradient of found.gradients.values()) tf.keep(gradient);
    return found;
  } finally {
    tf.engine().endScope();
  }
}

/** The windows that every layer keeps, drawn once: a layer computed again is the same layer. */
function drawn(dropout: WindowDropoutPlan, { llama: { config } }: LoadedModel, batch: Batch): DrawnWindows {
  const { keep, dropped } = dropout.draw({
    progress: batch.progress,
    random: batch.random,
    batch: batch.tokens.shape[0],
    heads: config.heads,
    layers: config.layers,
  });
  if (typeof keep !== 'function') return { keep: () => keep, dropped };
  const masks = Array.from({ length: config.layers }, (_, layer) => keep(layer));
  return { keep: (layer) => masks[layer] ?? keep(layer), dropped };
}

interface DrawnWindows extends WindowDropout {
  readonly keep: (layer: number) => tf.Tensor4D;
}
