import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { JsonObject } from '../../../base/json.js';
import { packageFolder } from '../../../base/package-folder.js';
import { modelConfigToJson } from '../../../model/config.js';
import { partOf } from '../../../model/hybrid/layer-tensors.js';
import { hybridType } from '../../../model/model-family.js';
import { parameter, parameterShapes } from '../../../model/parameters.js';
import type { Llama } from '../../../model/transformer.js';
import { writeTensors } from '../../../model/weights/tensor-files.js';
import type { ConversionDescription } from '../../model-artifact.js';

/** A converted decoder with its adapters merged in. */
export interface HybridModel {
  readonly llama: Llama;
  readonly conversion: ConversionDescription;
  readonly trained: ReadonlyMap<string, tf.Tensor>;
}

const files = ['configuration_hpl.py', 'modeling_hpl.py'] as const;

/** Why Python cannot compute a conversion: its modeling file knows hpl's own plugins only. Undefined where it can. */
export function unknownToPython({ feature_map: map, mix }: ConversionDescription): string | undefined {
  if (map.plugin !== 'hedgehog') return `the feature map "${map.plugin}"`;
  return mix.plugin === 'fixed' || mix.plugin === 'joint' ? undefined : `the mix "${mix.plugin}"`;
}

/** Writes config.json, model.safetensors and the modeling file that transformers loads with trust_remote_code. */
export async function writePythonModel(folder: string, model: HybridModel): Promise<void> {
  for (const name of files) await copyFile(join(packageFolder(), 'python', name), join(folder, name));
  await writeTensors(join(folder, 'model.safetensors'), pythonTensors(model));
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(pythonConfig(model), null, 2)}\n`);
}

/** The decoder's tensors under their own names, those of the conversion where the modules of the modeling file are. */
function pythonTensors({ llama, trained }: HybridModel): ReadonlyMap<string, tf.Tensor> {
  const own = [...parameterShapes(llama.config).keys()].map(
    (name) => [name, parameter(llama.parameters, name)] as const,
  );
  const converted = [...trained]
    .filter(([name]) => partOf(name) !== undefined)
    .map(([name, tensor]) => [name.replace(/^(layers\.\d+)\./, 'model.$1.self_attn.'), tensor] as const);
  return new Map([...own, ...converted]);
}

function pythonConfig({ llama, conversion, trained }: HybridModel): JsonObject {
  const base = modelConfigToJson(llama.config);
  const { feature_map: map, mix } = conversion;
  const columns = trained.get('layers.0.feature_map.query.weight')?.shape[2];
  return {
    ...base,
    architectures: ['HplForCausalLM'],
    auto_map: {
      AutoConfig: 'configuration_hpl.HplConfig',
      AutoModel: 'modeling_hpl.HplModel',
      AutoModelForCausalLM: 'modeling_hpl.HplForCausalLM',
    },
    model_type: hybridType,
    base_model_type: base['model_type'] ?? null,
    hybrid: {
      window: conversion.window,
      linear_scope: conversion.linear_scope,
      feature_map: {
        activation: map.options['activation'] ?? 'softmax',
        size: columns ?? llama.config.headSize,
      },
      mix:
        mix.plugin === 'joint' ? { type: 'joint' } : { type: 'fixed', window: mix.options['window'] ?? 0.5 },
    },
  };
}
