import type * as tf from '@tensorflow/tfjs';
import { canonicalJson, type JsonObject } from '../../../base/json.js';
import type { StageReference } from '../../../base/signatures.js';
import type { Mix } from '../../../model/attention/mix.js';
import type { FeatureMap } from '../../../model/feature-maps/feature-map.js';
import type { Conversion } from '../../../model/hybrid/conversion.js';
import { initialTensors, partOf, type ConversionPart } from '../../../model/hybrid/layer-tensors.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import {
  loadTrained,
  outlineModel,
  saveModelDelta,
  type ConversionDescription,
} from '../../model-artifact.js';
import { deltaDescription } from '../../training/converted-model.js';
import { describeConversion } from './describe-conversion.js';

type Trained = ReadonlyMap<string, tf.Tensor>;

/** Makes a `model` whose attention is a hybrid. */
export class ConvertStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const artifact = context.input(options['model'] as StageReference);
    // The base weights stay as they are, so they are not read.
    const model = await outlineModel(artifact, context);
    const before = await loadTrained(artifact, model);
    const made = [...before.values()];
    try {
      const description = describeConversion(options, model.description.conversion);
      const conversion = await conversionOf(description, context);
      const { heads, headSize, layers } = model.config;
      const fresh = initialTensors(conversion, { heads, headSize, layers }, context.seed.child('conversion'));
      made.push(...fresh.values());
      const kept = keptParts(description, model.description.conversion);
      for (const part of replacedParts(before, kept)) {
        yield {
          type: 'log',
          level: 'warning',
          message: `What "${part}" had learned is given up, because its plugin or options are others than before.`,
        };
      }
      const trained = new Map([...fresh, ...adapterTensors(before), ...tensorsOf(before, kept)]);
      await saveModelDelta(context.folder, { ...deltaDescription(model), conversion: description }, trained);
      yield { type: 'output', summary: summaryOf(description, trained, kept) };
    } finally {
      for (const tensor of made) tensor.dispose();
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
  before: ConversionDescription | undefined,
): readonly ConversionPart[] {
  if (before === undefined) return [];
  return (['feature_map', 'mix'] as const).filter(
    (part) => canonicalJson(before[part]) === canonicalJson(next[part]),
  );
}

function replacedParts(trained: Trained, kept: readonly ConversionPart[]): readonly ConversionPart[] {
  const present = new Set([...trained.keys()].map(partOf));
  return (['feature_map', 'mix'] as const).filter((part) => present.has(part) && !kept.includes(part));
}

function tensorsOf(
  trained: Trained,
  parts: readonly ConversionPart[],
): readonly (readonly [string, tf.Tensor])[] {
  return [...trained].filter(([name]) => parts.some((part) => partOf(name) === part));
}

/** What belongs to no part of a conversion. */
function adapterTensors(trained: Trained): readonly (readonly [string, tf.Tensor])[] {
  return [...trained].filter(([name]) => partOf(name) === undefined);
}

function summaryOf(
  { window, linear_scope: scope, feature_map: map, mix }: ConversionDescription,
  trained: Trained,
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
