import type { RunEvent } from '../runtime/contract/events.js';
import type { LogLevel } from '../runtime/contract/stage.js';
import { CommandFailure } from './command-failure.js';
import { isKnownEvent } from './known-events.js';
import { isAtLeast } from './renderers/log-lines.js';
import type { Renderer } from './renderers/renderer.js';
import { didYouMean } from './suggestion.js';

type Started = Extract<RunEvent, { type: 'run.started' }>;
type Finished = Extract<RunEvent, { type: 'run.finished' }>;

/** Which events a replay shows. */
export interface ReplayFilter {
  readonly stage?: string;
  readonly level?: LogLevel;
  /** Whether types that this version does not know are handed on. */
  readonly unknown: boolean;
}

/** Hands the wanted events of a file to a renderer, and remembers how the run began and ended. */
export class Replay {
  started: Started | undefined;
  finished: Finished | undefined;
  readonly #stages = new Set<string>();

  constructor(
    private readonly renderer: Renderer,
    private readonly filter: ReplayFilter,
  ) {}

  take(event: RunEvent): void {
    if (event.type === 'run.started') this.started = event;
    if (event.type === 'run.plan') for (const { stage } of event.stages) this.#stages.add(stage);
    if (event.type === 'run.finished') this.finished = event;
    if ('stage' in event) this.#stages.add(event.stage);
    if (this.#isWanted(event)) this.renderer.show(event);
  }

  /** Fails where the filter names a stage that the run does not have. */
  requireStage(): void {
    const { stage } = this.filter;
    if (stage === undefined || this.#stages.has(stage)) return;
    const known = [...this.#stages];
    throw new CommandFailure(
      `The run has no stage named "${stage}".${didYouMean(stage, known)} Its stages: ${known.join(', ')}.`,
    );
  }

  #isWanted(event: RunEvent): boolean {
    const { stage, level, unknown } = this.filter;
    if (!unknown && !isKnownEvent(event)) return false;
    if (event.type === 'stage.log' && level !== undefined && !isAtLeast(event.level, level)) return false;
    return stage === undefined || !('stage' in event) || event.stage === stage;
  }
}
