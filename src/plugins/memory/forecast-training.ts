import type { JsonObject } from '../../base/json.js';
import type { ComponentValue } from '../../base/signatures.js';
import type { Forecast, ForecastContext } from '../../runtime/contract/forecast.js';
import { forecastWork, foreseenDataset, foreseenModel, type ForeseenModel } from './foreseen.js';
import { adapterNumbers, conversionNumbers, trainingWork, type TrainingSize } from './training-work.js';

/** The training of a converted model, from the options that all such stages share. */
export function forecastTraining(
  work: TrainingSize['work'],
  options: JsonObject,
  context: ForecastContext,
): Forecast {
  const model = foreseenModel(options['model'], context);
  const data = foreseenDataset(options['data'], context);
  if (model === undefined) return {};
  const adapter = options['adapter'] as ComponentValue | undefined;
  const rows = options['batch'] as number;
  const forecast = forecastWork(
    model,
    (config) => {
      const { precision, conversion } = model;
      const trainedNumbers = conversionNumbers(config, conversion) + model.adapterNumbers;
      const size = { work, rows, ...(adapter === undefined ? {} : { adapter }) };
      return (
        data &&
        trainingWork({ ...size, context: data.context }, { config, precision, conversion, trainedNumbers })
      );
    },
    context,
  );
  return { artifact: trained(model, adapter), ...forecast };
}

/** An adapter that is there already is trained on. */
function trained(model: ForeseenModel, adapter: ComponentValue | undefined): ForeseenModel {
  if (adapter === undefined || model.config === undefined) return model;
  return { ...model, adapterNumbers: adapterNumbers(model.config, adapter) };
}
