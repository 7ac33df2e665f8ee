import type { JsonObject } from '../../../base/json.js';
import { ModelFileError } from '../../../model/model-file-error.js';
import { readTokenizerFile, type Tokenizer } from '../../../model/tokenizer.js';
import type { Forecast, ForecastContext } from '../../../runtime/contract/forecast.js';
import { forecastWork, foreseenDataset, type ForeseenModel } from '../../memory/foreseen.js';
import { pretrainedConfig, pretrainingWork } from './model-config.js';

/** All that the memory of training from random weights depends on is written, but the number of tokens. */
export async function forecastPretrain(options: JsonObject, context: ForecastContext): Promise<Forecast> {
  const data = foreseenDataset(options['data'], context);
  const tokenizer = await readableTokenizer(context.path(options['tokenizer_file'] as string));
  if (data === undefined || tokenizer === undefined) return {};
  const config = pretrainedConfig(options, tokenizer, data.context);
  const artifact: ForeseenModel = { config, precision: 'float32', holder: context.stage, adapterNumbers: 0 };
  return { artifact, ...forecastWork(artifact, () => pretrainingWork(options, config), context) };
}

/** The stage itself says why a tokenizer cannot be used. */
async function readableTokenizer(file: string): Promise<Tokenizer | undefined> {
  try {
    return await readTokenizerFile(file);
  } catch (error) {
    if (error instanceof ModelFileError) return undefined;
    throw error;
  }
}
