import type { JsonObject } from '../base/json.js';
import type { ResultTable } from './result-table.js';
import type { StageStatus } from './stage-state.js';

export const reportSchema = 'hpl.report/1';

/** One run as a value, of which every document is a rendering. Plain JSON. */
export interface Report {
  readonly schema: typeof reportSchema;
  readonly run: string;
  readonly pipeline: string;
  readonly file: string;
  readonly hpl: string;
  readonly seed: number;
  readonly params: JsonObject;
  readonly backend: { readonly name: string; readonly version: string; readonly device: string };
  /** Stages whose models keep their frozen weights in bf16; absent where there are none. */
  readonly bf16Models?: readonly string[];
  /** RFC 3339. */
  readonly startedAt: string;
  readonly seconds: number;
  /** `running` where the end was never written: the run goes on, or it was killed. */
  readonly status: 'done' | 'failed' | 'gate-not-met' | 'interrupted' | 'running';
  readonly exitCode?: number;
  readonly resume?: string;
  readonly stages: readonly ReportedStage[];
}

export interface ReportedStage {
  readonly name: string;
  readonly kind: string;
  readonly status: StageStatus;
  readonly fingerprint: string;
  readonly after: readonly string[];
  /** Why it ran. */
  readonly reason: string;
  /** Seconds from the start of the run to the start of the stage; absent where no worker began. */
  readonly startedAfter?: number;
  readonly seconds?: number;
  readonly peakBytes?: number;
  readonly curves: readonly MetricCurve[];
  readonly gates: readonly ReportedGate[];
  readonly tables: readonly ResultTable[];
  readonly failure?: ReportedFailure;
  /** What the stage said about its result, without the tables. */
  readonly summary: JsonObject;
}

/** All values of one metric in the order in which they were reported. */
export interface MetricCurve {
  readonly name: string;
  readonly steps: readonly number[];
  /** Not-a-number and infinities are strings. */
  readonly values: readonly (number | string)[];
  readonly standardErrors: readonly (number | null)[];
}

interface ReportedGate {
  readonly condition: string;
  readonly met: boolean;
  readonly explanation: string;
}

interface ReportedFailure {
  readonly cause: string;
  readonly remedy?: string;
  readonly place?: string;
  readonly lastLines: readonly string[];
}
