import type { JsonObject } from '../../../base/json.js';
import type { ModelConfig } from '../../../model/config.js';
import type { Tokenizer } from '../../../model/tokenizer.js';
import type { PlannedWork } from '../../memory/estimate-work.js';

/** The shape of the model that the options ask for, for rows of `context` tokens. */
export function pretrainedConfig(
  options: JsonObject,
  { vocabularySize, endOfText }: Pick<Tokenizer, 'vocabularySize' | 'endOfText'>,
  context: number,
): ModelConfig {
  const number = (key: string): number => options[key] as number;
  return {
    hiddenSize: number('hidden'),
    layers: number('layers'),
    heads: number('heads'),
    keyValueHeads: number('key_value_heads'),
    headSize: number('head_size'),
    intermediateSize: number('intermediate'),
    vocabularySize,
    contextLength: context,
    ropeTheta: number('rope_theta'),
    rmsNormEpsilon: 1e-5,
    tiedEmbeddings: options['tied_embeddings'] === true,
    ...(endOfText === undefined ? {} : { beginToken: endOfText, endToken: endOfText }),
  };
}

/** The training of such a model as memory sees it. */
export function pretrainingWork(options: JsonObject, { contextLength }: ModelConfig): PlannedWork {
  return {
    work: 'pretrain',
    rows: options['batch'] as number,
    context: contextLength,
    precision: 'float32',
    features: 0,
    window: 0,
    trainedNumbers: 0,
  };
}
