import type * as tf from '@tensorflow/tfjs';
import { canonicalJson, type JsonObject } from '../../../base/json.js';
import type { StageReference } from '../../../base/signatures.js';
import type { Mix } from '../../../model/attention/mix.js';
import type { FeatureMap } from '../../../model/feature-maps/feature-map.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { initialTensors, partOf, type ConversionPart } from '../../../model/hybrid/layer-tensors.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import {
  loadModel,
  saveModelDelta,
  type ConversionDescription,
  type LoadedModel,
} from '../../model-artifact.js';
import { deltaDescription } from '../../training/converted-model.js';
import { describeConversion } from './describe-conversion.js';

/** Makes a `model` whose attention is a hybrid. */
export class ConvertStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const model = await loadModel(context.input(options['model'] as StageReference), context);
    const made: tf.Tensor[] = [];
    try {
      const description = describeConversion(options, model.description.conversion);
      const conversion = await conversionOf(description, context);
      const { heads, headSize, layers } = model.llama.config;
      const fresh = initialTensors(conversion, { heads, headSize, layers }, context.seed.child('conversion'));
      made.push(...fresh.values());
      const kept = keptParts(description, model);
      for (const part of replacedParts(model, kept)) {
        yield {
          type: 'log',
          level: 'warning',
          message: `What "${part}" had learned is given up, because its plugin or options are others than before.`,
        };
      }
      const trained = new Map([...fresh, ...adapterTensors(model), ...tensorsOf(model.trained, kept)]);
      await saveModelDelta(context.folder, { ...deltaDescription(model), conversion: description }, trained);
      yield { type: 'output', summary: summaryOf(description, trained, kept) };
    } finally {
      for (const tensor of made) tensor.dispose();
      model.dispose();
    }
  }
}

async function conversionOf(description: ConversionDescription, context: StageContext): Promise<Conversion> {
  return {
    window: description.window,
    linearScope: description.linear_scope,
    featureMap: await context.component<FeatureMap>('feature-map', description.feature_map),
    mix: await context.component<Mix>('mix', description.mix),
  };
}

/** The parts that a converted model keeps with all that they have learned: those whose component stays the same. */
function keptParts(
  next: ConversionDescription,
  { description: { conversion } }: LoadedModel,
): readonly ConversionPart[] {
  if (conversion === undefined) return [];
  return (['feature_map', 'mix'] as const).filter(
    (part) => canonicalJson(conversion[part]) === canonicalJson(next[part]),
  );
}

function replacedParts({ trained }: LoadedModel, kept: readonly ConversionPart[]): readonly ConversionPart[] {
  const present = new Set([...trained.keys()].map(partOf));
  return (['feature_map', 'mix'] as const).filter((part) => present.has(part) && !kept.includes(part));
}

function tensorsOf(
  trained: ReadonlyMap<string, tf.Tensor>,
  parts: readonly ConversionPart[],
): readonly (readonly [string, tf.Tensor])[] {
  return [...trained].filter(([name]) => parts.some((part) => partOf(name) === part));
}

/** What belongs to no part of a conversion. */
function adapterTensors({ trained }: LoadedModel): readonly (readonly [string, tf.Tensor])[] {
  return [...trained].filter(([name]) => partOf(name) === undefined);
}

function summaryOf(
  { window, linear_scope: scope, feature_map: map, mix }: ConversionDescription,
  trained: ReadonlyMap<string, tf.Tensor>,
  kept: readonly ConversionPart[],
): JsonObject {
  const sizes = [...trained.values()].map(({ size }) => size);
  return {
    window,
    linear_scope: scope,
    feature_map: map.plugin,
    mix: mix.plugin,
    kept: [...kept],
    parameters: sizes.reduce((sum, size) => sum + size, 0),
  };
}
