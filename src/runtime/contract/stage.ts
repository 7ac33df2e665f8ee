import type { Condition } from '../../base/condition.js';
import type { Json, JsonObject } from '../../base/json.js';
import type { ComponentKind } from '../../base/plugin-kinds.js';
import type { Seed } from '../../base/seed.js';
import type { ComponentValue, StageReference } from '../../base/signatures.js';
import type { Artifact } from './artifact.js';

/** What a running stage says. The last event of a successful stage is `output`. */
export type StageEvent =
  | { readonly type: 'progress'; readonly step: number; readonly of: number; readonly unit: string }
  | MetricEvent
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  | { readonly type: 'checkpoint'; readonly step: number }
  | GateEvent
  | { readonly type: 'output'; readonly summary: JsonObject };

/** One value of a declared metric. */
interface MetricEvent {
  readonly type: 'metric';
  readonly name: string;
  readonly value: number;
  readonly step: number;
  readonly standardError?: number;
}

/** Whether a `require` condition holds. A gate that is not met ends the run with exit code 4; the artifact is kept. */
export interface GateEvent {
  readonly type: 'gate';
  /** The condition as written. */
  readonly condition: string;
  readonly met: boolean;
  /** In words: the values found, and what they mean. */
  readonly explanation: string;
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/**
 * The code of one kind of stage; a new instance runs one work order. Classes that want injection mark their
 * constructor's parameters with `@inject(TOKEN)`.
 */
export interface StageRunner {
  /**
   * Works until it has yielded `output`. Yields at least once a step, because signals arrive between steps.
   * When `context.signal` is aborted: finish the step, save a checkpoint, return without `output`.
   * Throws `StageFailure` for what the user can mend. Tensors left undisposed are a bug of the plugin.
   */
  run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined>;
}

/** Everything that a stage may touch; there are no globals. */
export interface StageContext {
  /** The stage's name in the pipeline file. */
  readonly stage: string;
  /** Depends on the pipeline's seed and the stage's kind, not on its name. */
  readonly seed: Seed;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** An empty folder; what is written there becomes the artifact. */
  readonly folder: string;
  readonly checkpoints: Checkpoints;
  /** The folder of the pipeline file, against which `x-path` options are resolved. */
  path(option: string): string;
  input(reference: StageReference): Artifact;
  /** Any artifact of the store that an input's config names, such as the base weights of a converted model. */
  artifact(fingerprint: string): Artifact;
  /** Makes the component that the options name. The caller knows the interface that the kind promises. */
  component<Product>(kind: ComponentKind, value: ComponentValue): Promise<Product>;
  /** Follows a condition over evaluations. */
  condition(condition: Condition): ConditionTracker;
  /** Milliseconds of a monotonic clock, for rates. */
  now(): number;
}

/** Resumable state of one stage. A half-written checkpoint is never seen. */
export interface Checkpoints {
  /** Seconds between checkpoints; the stage decides at which steps to look at the clock. */
  readonly intervalSeconds: number;
  latest(): Checkpoint | undefined;
  /** Writes into a fresh folder, then makes it the latest atomically, then forgets the older ones. */
  save(step: number, write: (folder: string) => Promise<void>): Promise<void>;
}

export interface Checkpoint {
  readonly step: number;
  readonly folder: string;
}

/** The value of a metric at one evaluation. */
export interface MetricValue {
  readonly value: number;
  readonly standardError?: number;
}

export interface ConditionTracker {
  /** The metrics that the condition reads. */
  readonly metrics: readonly string[];
  /**
   * Takes the values of one evaluation and says whether the condition holds.
   * `standardErrorOf` gives the standard error of a linear combination of metrics (weights by name) where the caller
   * has paired items; without it, metrics count as independent.
   */
  observe(
    values: ReadonlyMap<string, MetricValue>,
    standardErrorOf?: (weights: ReadonlyMap<string, number>) => number,
  ): boolean;
  /** The condition as a reader would write it. */
  text(): string;
  /** History that the next observation depends on; restored from a checkpoint. */
  state(): Json;
  restore(state: Json): void;
}

/** A failure that the user can mend: the message names what was found, what was expected and the remedy. */
export class StageFailure extends Error {
  override readonly name = 'StageFailure';
}
