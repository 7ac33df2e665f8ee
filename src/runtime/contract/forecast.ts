import type { StageReference } from '../../base/signatures.js';
import type { Artifact } from './artifact.js';
import type { BackendInfo } from './backend.js';

/** What is known of a stage before the first one of its run begins. What is not known yet is absent. */
export interface Forecast {
  /**
   * What is known of the artifact that the stage makes, for the forecasts of stages that take it; plugins agree on its
   * form among themselves.
   */
  readonly artifact?: unknown;
  /** Absent too where nothing limits it, as on a graphics card. */
  readonly memory?: MemoryForecast;
  /** What this machine does not have. Taken from stages that are to be computed alone. */
  readonly problems?: readonly ForecastProblem[];
}

/** The largest memory of a stage's worker. */
export interface MemoryForecast {
  readonly bytes: number;
  /** Set where it may turn out larger once the stage begins. */
  readonly atLeast?: true;
  /** Why it is more than there is, and what to change, in whole sentences; absent where it fits. */
  readonly excess?: string;
}

/** An option that asks for what this machine does not have. */
export interface ForecastProblem {
  /** The stage that has the option: the forecast's own one, or one that it depends on. */
  readonly stage: string;
  /** JSON pointer of the option: `/precision`. */
  readonly pointer: string;
  /** Whole sentences: what was asked for, what there is, what to do. */
  readonly message: string;
}

/** What a forecast may look at. It writes nothing, fetches nothing, and makes no tensor. */
export interface ForecastContext {
  /** The stage's name in the pipeline file. */
  readonly stage: string;
  /** What the run computes on. */
  readonly backend: BackendInfo;
  /** The stage's own result, where it is in the store already. */
  readonly result?: Artifact;
  /** The folder of the pipeline file, against which `x-path` options are resolved. */
  path(option: string): string;
  /** What the forecast of an input says of its artifact; undefined where it says nothing. */
  input(reference: StageReference): unknown;
}
