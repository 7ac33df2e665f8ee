import type { JsonObject } from '../../base/json.js';
import type { BackendInfo } from './backend.js';
import type { LogLevel } from './stage.js';

/** Minor versions add; readers ignore fields and types that they do not know. Major versions are refused. */
export const eventsSchema = 'hpl.events/1';

/** What every event carries. */
interface EventEnvelope {
  readonly v: 1;
  /** Counts from 0 without gaps within a run. */
  readonly seq: number;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly run: string;
}

/** Everything that happens in a run, in order. `events.jsonl` holds one a line. */
export type RunEvent = EventEnvelope & EventBody;

export type EventBody = RunBody | StageBody;

/** Events of the run as a whole. */
export type RunBody =
  /** Always first: which file, plugins and machine the run is about. */
  | {
      readonly type: 'run.started';
      readonly schema: typeof eventsSchema;
      readonly hpl: string;
      readonly pipeline: string;
      readonly file: string;
      readonly seed: number;
      readonly params: JsonObject;
      readonly backend: BackendInfo;
      /** Stages whose models keep their frozen weights in bf16; absent where there are none. */
      readonly bf16Models?: readonly string[];
      readonly store: string;
      readonly pid: number;
      /** The command that goes on, should the run be killed before it can say so itself. */
      readonly resume?: string;
    }
  /** The frozen plan. */
  | { readonly type: 'run.plan'; readonly stages: readonly PlannedStageNote[] }
  /** Always last, whatever happened. */
  | {
      readonly type: 'run.finished';
      readonly status: RunStatus;
      readonly exitCode: number;
      readonly seconds: number;
      /** The command that goes on where this run stopped; absent when nothing is left. */
      readonly resume?: string;
    };

type RunStatus = 'done' | 'failed' | 'gate-not-met' | 'interrupted';

export interface PlannedStageNote {
  readonly stage: string;
  readonly kind: string;
  readonly fingerprint: string;
  readonly after: readonly string[];
  readonly action: 'run' | 'cached' | 'resume';
  /** Why it must run, in words: `never run`, `options changed: window 16 -> 32`. */
  readonly reason: string;
}

/** Events of one stage; `stage` is its name in the file. */
export type StageBody = { readonly stage: string } &
  /** The result is in the store already; nothing is computed. */
  (
    | {
        readonly type: 'stage.cached';
        readonly kind: string;
        readonly fingerprint: string;
        readonly summary: JsonObject;
      }
    /** A worker has begun. */
    | {
        readonly type: 'stage.started';
        readonly kind: string;
        readonly fingerprint: string;
        readonly pid: number;
        readonly resumedFrom?: number;
      }
    /** A step is done. */
    | {
        readonly type: 'stage.progress';
        readonly step: number;
        readonly of: number;
        readonly unit: string;
        readonly perSecond?: number;
        readonly etaSeconds?: number;
      }
    /** A declared metric has a value. Not-a-number and infinities are strings, since JSON has none. */
    | {
        readonly type: 'stage.metric';
        readonly name: string;
        readonly value: number | 'NaN' | 'Infinity' | '-Infinity';
        readonly step: number;
        readonly standardError?: number;
      }
    /** A message; `native` is what a library printed past us. */
    | {
        readonly type: 'stage.log';
        readonly level: LogLevel;
        readonly source: 'plugin' | 'native';
        readonly message: string;
      }
    /** State was saved from which the stage can go on. */
    | { readonly type: 'stage.checkpoint'; readonly step: number }
    /** A `require` was judged. */
    | {
        readonly type: 'stage.gate';
        readonly condition: string;
        readonly met: boolean;
        readonly explanation: string;
      }
    /** The artifact is published. */
    | {
        readonly type: 'stage.finished';
        readonly fingerprint: string;
        readonly artifact: string;
        readonly seconds: number;
        readonly summary: JsonObject;
        readonly peakBytes?: number;
      }
    /**
     * The stage ended without an artifact. `cause` and `remedy` are sentences; `file` and `line` are where its block
     * begins in the pipeline file.
     */
    | {
        readonly type: 'stage.failed';
        readonly cause: string;
        readonly remedy?: string;
        readonly file?: string;
        readonly line?: number;
        readonly lastLines: readonly string[];
      }
    /** The stage stopped at a checkpoint because the run was interrupted. */
    | { readonly type: 'stage.interrupted'; readonly step: number }
    /** Not started, because a stage that it needs did not finish. */
    | { readonly type: 'stage.skipped'; readonly because: string }
  );
