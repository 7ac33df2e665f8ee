import type { JsonObject } from '../../../base/json.js';
import type { Forecast, ForecastContext } from '../../../runtime/contract/forecast.js';
import { weightsAlone } from '../../memory/estimate-work.js';
import { forecastWork, foreseenModel, type ForeseenModel } from '../../memory/foreseen.js';
import { describeConversion } from './describe-conversion.js';

/** A conversion loads the weights and computes nothing with them. */
export function forecastConvert(options: JsonObject, context: ForecastContext): Forecast {
  const model = foreseenModel(options['model'], context);
  if (model === undefined) return {};
  const artifact: ForeseenModel = { ...model, conversion: describeConversion(options, model.conversion) };
  return { artifact, ...forecastWork(model, () => weightsAlone(model.precision), context) };
}
