import type { JsonObject } from '../../../base/json.js';
import type { Forecast, ForecastContext } from '../../../runtime/contract/forecast.js';
import type { ForeseenModel } from '../../memory/foreseen.js';
import { knownConfig } from './known-config.js';

/** The model itself is only linked to; what later stages take depends on its shape and precision. */
export async function forecastModel(options: JsonObject, context: ForecastContext): Promise<Forecast> {
  const config = await knownConfig(options, context);
  const artifact: ForeseenModel = {
    ...(config === undefined ? {} : { config }),
    precision: options['precision'] === 'bf16' ? 'bfloat16' : 'float32',
    holder: context.stage,
    adapterNumbers: 0,
  };
  return { artifact };
}
