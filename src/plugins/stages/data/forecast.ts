import type { JsonObject } from '../../../base/json.js';
import type { Forecast } from '../../../runtime/contract/forecast.js';
import type { ForeseenDataset } from '../../memory/foreseen.js';

/** The length of rows is written; no model is loaded to make them. */
export function forecastData(options: JsonObject): Forecast {
  const artifact: ForeseenDataset = { context: Number(options['context']) };
  return { artifact };
}
