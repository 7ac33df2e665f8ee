import type { JsonObject } from '../../../base/json.js';
import type { Forecast, ForecastContext } from '../../../runtime/contract/forecast.js';
import { weightsAlone } from '../../memory/estimate-work.js';
import { forecastWork, foreseenModel } from '../../memory/foreseen.js';

/** Whole numbers are written, whatever the model is computed with. */
export function forecastExport(options: JsonObject, context: ForecastContext): Forecast {
  const model = foreseenModel(options['model'], context);
  if (model === undefined) return {};
  return forecastWork({ ...model, precision: 'float32' }, () => weightsAlone('float32'), context);
}
