import type { JsonObject } from '../../../base/json.js';
import type { Forecast, ForecastContext } from '../../../runtime/contract/forecast.js';
import { foreseenModel, type ForeseenModel } from '../../memory/foreseen.js';
import { describeConversion } from './describe-conversion.js';

/** A conversion reads no weights and computes nothing. */
export function forecastConvert(options: JsonObject, context: ForecastContext): Forecast {
  const model = foreseenModel(options['model'], context);
  if (model === undefined) return {};
  const artifact: ForeseenModel = { ...model, conversion: describeConversion(options, model.conversion) };
  return { artifact };
}
