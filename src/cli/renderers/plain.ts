import { formatDuration, formatRate } from '../../base/format-quantity.js';
import { failureView } from '../../report/failure-view.js';
import type { Palette } from '../../report/palette.js';
import { resultView } from '../../report/result-view.js';
import { emptyRunState, runStateAfter, type RunState } from '../../report/run-state.js';
import {
  endSentence,
  gateVerdict,
  metricText,
  planSentence,
  runHeaderLines,
} from '../../report/run-words.js';
import { keyMetric, type StageState } from '../../report/stage-state.js';
import type { RunEvent, StageBody } from '../../runtime/contract/events.js';
import { isShown, logLines } from './log-lines.js';
import type { Outputs, Renderer, Verbosity } from './renderer.js';
import { savedText } from './saved-text.js';

/** Least time between two progress lines of one stage. */
const progressInterval = 10_000;
/** Silence after which the running stages say that they still run; later by a quarter of the silence so far. */
const heartbeatInterval = 30_000;
const heartbeatGrowth = 0.25;
/** An event may arrive this much later than it happened, so heartbeats wait for it before they are due. */
const lateness = 1_000;

/**
 * One line a change, each with its stage in brackets, no cursor movement. Time comes from the events alone, so a
 * replay writes exactly what the run wrote.
 */
export class PlainRenderer implements Renderer {
  #state: RunState = emptyRunState;
  /** When the latest change was written, the latest line of any kind, and the latest progress line of each stage. */
  #changeAt = 0;
  #lineAt = 0;
  readonly #progressAt = new Map<string, number>();

  constructor(
    private readonly outputs: Outputs,
    private readonly verbosity: Verbosity,
  ) {}

  show(event: RunEvent): void {
    const at = Date.parse(event.time);
    this.#heartbeats(at);
    this.#state = runStateAfter(this.#state, event);
    const lines = 'stage' in event ? this.#stageLines(event, at) : this.#runLines(event);
    if (lines.length > 0) this.#changeAt = this.#lineAt = at;
    this.#write(lines);
    if (event.type === 'run.finished') this.#finish(event);
  }

  tick(now: number): void {
    this.#heartbeats(now - lateness);
  }

  notice(text: string): void {
    this.#write([text]);
  }

  close(): void {
    // Every line is whole when it is written.
  }

  #write(lines: readonly string[]): void {
    if (lines.length > 0) this.outputs.progress.write(`${lines.join('\n')}\n`);
  }

  #heartbeats(until: number): void {
    if (this.#lineAt === 0) return;
    for (let next = this.#nextHeartbeat(); next <= until; next = this.#nextHeartbeat()) {
      this.#lineAt = next;
      const running = [...this.#state.stages.values()].filter((stage) => stage.status === 'running');
      this.#write(running.map((stage) => heartbeatLine(stage, next)));
    }
  }

  // Ever rarer, so that a machine that slept for a night does not fill a screen when it wakes.
  #nextHeartbeat(): number {
    return this.#lineAt + Math.max(heartbeatInterval, heartbeatGrowth * (this.#lineAt - this.#changeAt));
  }

  #runLines(event: Extract<RunEvent, { type: `run.${string}` }>): readonly string[] {
    const { palette } = this.outputs.progress;
    if (event.type === 'run.started') return runHeaderLines(event, palette);
    if (event.type === 'run.plan') return ['', planSentence(this.#state)];
    return [];
  }

  #stageLines(event: StageBody, at: number): readonly string[] {
    const stage = this.#state.stages.get(event.stage);
    if (stage === undefined) return [];
    const { palette } = this.outputs.progress;
    const lines = this.#changeLines(event, stage, at);
    return lines.map((line) => `${palette.cyan(`[${event.stage}]`)} ${line}`.trimEnd());
  }

  #changeLines(event: StageBody, stage: StageState, at: number): readonly string[] {
    const { palette } = this.outputs.progress;
    switch (event.type) {
      case 'stage.started':
        this.#progressAt.set(event.stage, at);
        return [startedText(stage)];
      case 'stage.progress':
      case 'stage.metric':
        return this.#progressLines(stage, at);
      case 'stage.log':
        return isShown(event, this.verbosity) ? logLines(event, palette) : [];
      case 'stage.checkpoint':
        return this.verbosity > 0 ? [`checkpoint at step ${event.step}`] : [];
      case 'stage.gate':
        return [gateVerdict(event, palette)];
      default:
        return [endText(event, stage, palette)];
    }
  }

  #progressLines(stage: StageState, at: number): readonly string[] {
    const before = this.#progressAt.get(stage.name) ?? at;
    if (at - before < progressInterval) return [];
    this.#progressAt.set(stage.name, at);
    return [progressText(stage)];
  }

  #finish(event: Extract<RunEvent, { type: 'run.finished' }>): void {
    const { progress, results } = this.outputs;
    const failure = failureView(this.#state, progress.width(), progress.palette);
    if (failure.length > 0) this.#write(['', ...failure]);
    const tables = resultView(this.#state, results.width(), results.palette);
    if (tables.length > 0) results.write(`\n${tables.join('\n')}\n`);
    const resume = failure.length === 0 && event.resume !== undefined ? [`resume with: ${event.resume}`] : [];
    this.#write(['', endSentence(event, progress.palette), ...resume]);
  }
}

/** `step 420 of 800 steps, 8.3 steps/s, 46 s left, validation.loss 2.314`. */
function progressText(stage: StageState): string {
  const { progress } = stage;
  const metric = keyMetric(stage);
  const parts = [
    ...(progress === undefined ? [] : [`${progress.step} of ${progress.of} ${progress.unit}`]),
    ...(progress?.perSecond === undefined ? [] : [formatRate(progress.perSecond, progress.unit)]),
    ...(progress?.etaSeconds === undefined ? [] : [`${formatDuration(progress.etaSeconds)} left`]),
    ...(metric === undefined ? [] : [metricText(metric)]),
  ];
  return parts.join(', ');
}

function startedText(stage: StageState): string {
  if (stage.resumedFrom !== undefined) return `resumed at step ${stage.resumedFrom}`;
  const reason = stage.plan?.reason ?? '';
  return reason === '' ? 'started' : `started: ${reason}`;
}

function heartbeatLine(stage: StageState, now: number): string {
  const elapsed = formatDuration((now - (stage.startedAt ?? now)) / 1000);
  const where = progressText(stage);
  return `[${stage.name}] still running after ${elapsed}${where === '' ? '' : `: ${where}`}`;
}

function endText(event: StageBody, stage: StageState, palette: Palette): string {
  switch (event.type) {
    case 'stage.cached':
      return palette.dim(`cached (${event.fingerprint.slice(0, 12)})`);
    case 'stage.finished': {
      const metric = keyMetric(stage);
      const words = metric === undefined ? '' : `, ${metricText(metric)}`;
      return `${palette.green('done')} in ${formatDuration(event.seconds)}${words}`;
    }
    case 'stage.failed':
      return `${palette.red('failed')}: ${event.cause}`;
    case 'stage.interrupted':
      return `${palette.yellow('interrupted')}: ${savedText(event.step)}`;
    case 'stage.skipped':
      return palette.dim(`skipped: ${event.because}`);
    default:
      return '';
  }
}
