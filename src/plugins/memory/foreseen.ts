import type { Json } from '../../base/json.js';
import type { StageReference } from '../../base/signatures.js';
import type { Precision } from '../../model/bfloat16/precision.js';
import type { ModelConfig } from '../../model/config.js';
import type {
  Forecast,
  ForecastContext,
  ForecastProblem,
  MemoryForecast,
} from '../../runtime/contract/forecast.js';
import type { ConversionDescription } from '../model-artifact.js';
import { placeOfBackend } from './compute-place.js';
import { estimateWork, otherLimit, type PlannedWork } from './estimate-work.js';

/** What is known of a `model` before it is made: what the forecasts of stages that make one say of their artifact. */
export interface ForeseenModel {
  /** Absent while the base model cannot be read, such as one of the hub that was never fetched. */
  readonly config?: ModelConfig;
  readonly precision: Precision;
  /** The stage that says the precision. */
  readonly holder: string;
  readonly conversion?: ConversionDescription;
  readonly adapterNumbers: number;
}

/** What is known of a `dataset` before it is made. */
export interface ForeseenDataset {
  /** Tokens of a row. */
  readonly context: number;
}

/** The model that an option names, as its stage foresees it; undefined where that says nothing. */
export function foreseenModel(option: Json | undefined, context: ForecastContext): ForeseenModel | undefined {
  return context.input(option as StageReference) as ForeseenModel | undefined;
}

/** As `foreseenModel`, for a data set. */
export function foreseenDataset(
  option: Json | undefined,
  context: ForecastContext,
): ForeseenDataset | undefined {
  return context.input(option as StageReference) as ForeseenDataset | undefined;
}

/** What a stage takes that loads a foreseen model for work, and whether this machine can hold its weights so. */
export function forecastWork(
  model: ForeseenModel,
  workWith: (config: ModelConfig) => PlannedWork | undefined,
  context: ForecastContext,
): Pick<Forecast, 'memory' | 'problems'> {
  const { config } = model;
  const work = config && workWith(config);
  const memory = config && work && foreseeMemory(config, work, context);
  return { problems: precisionProblems(model, context), ...(memory === undefined ? {} : { memory }) };
}

/** The memory of a stage's worker; undefined on a graphics card. Throws `StageFailure` where its limit is no number. */
function foreseeMemory(
  config: ModelConfig,
  work: PlannedWork,
  { stage, backend }: ForecastContext,
): MemoryForecast | undefined {
  const place = placeOfBackend(backend);
  if (place.isCard) return undefined;
  const { bytes, excess } = estimateWork(config, work, place);
  if (excess === undefined) return { bytes };
  return { bytes, excess: `The stage "${stage}" ${excess} Nothing was computed. ${otherLimit}` };
}

function precisionProblems(
  { precision, holder }: ForeseenModel,
  { backend }: ForecastContext,
): readonly ForecastProblem[] {
  if (precision === 'float32' || backend.bf16 !== undefined) return [];
  return [
    {
      stage: holder,
      pointer: '/precision',
      message:
        `The weights of "${holder}" are to be bf16, which the backend "${backend.name}" does not have. ` +
        'Use backend = tensorflow ("npx hpl setup" prepares it), or precision = fp32.',
    },
  ];
}
