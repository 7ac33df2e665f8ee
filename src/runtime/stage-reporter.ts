import type { StageBody } from './contract/events.js';
import type { PlannedStage } from './planned.js';
import { RateMeter } from './rate-meter.js';
import type { WorkFailure } from './worker/worker-message.js';
import type { ExecutorMessage } from './worker/executor.js';

/** How many of a stage's last log lines a failure shows. */
const lastLineCount = 50;

/** Turns what a worker says into events of its stage; keeps what a failure will show. */
export class StageReporter {
  private readonly lastLines: string[] = [];
  private readonly rate = new RateMeter();
  private readonly startedAt: number;

  /** `file` is the pipeline file as the user named it. */
  constructor(
    private readonly stage: PlannedStage,
    private readonly file: string,
    private readonly artifactFolder: string,
    private readonly now: () => number,
  ) {
    this.startedAt = now();
  }

  /** The events for one message; heartbeats are none. `checkpointStep` says where an interrupted stage can go on. */
  report(message: ExecutorMessage, checkpointStep: () => number): readonly StageBody[] {
    const stage = this.stage.name;
    switch (message.type) {
      case 'heartbeat':
        return [];
      case 'native':
        return [this.log(message.stream === 'stderr' ? 'warning' : 'info', 'native', message.line)];
      case 'log':
        return [this.log(message.level, 'plugin', message.message)];
      case 'interrupted':
        return [{ stage, type: 'stage.interrupted', step: checkpointStep() }];
      case 'metric':
      case 'gate':
      case 'checkpoint':
        return [this.reportFinding(message)];
      default:
        return [this.reportCourse(message)];
    }
  }

  private reportFinding(
    message: Extract<ExecutorMessage, { readonly type: 'metric' | 'gate' | 'checkpoint' }>,
  ): StageBody {
    const stage = this.stage.name;
    switch (message.type) {
      case 'metric':
        return { ...message, stage, type: 'stage.metric', value: jsonNumber(message.value) };
      case 'gate':
        return { ...message, stage, type: 'stage.gate' };
      case 'checkpoint':
        return { stage, type: 'stage.checkpoint', step: message.step };
    }
  }

  private reportCourse(
    message: Extract<ExecutorMessage, { readonly type: 'started' | 'progress' | 'finished' | 'failed' }>,
  ): StageBody {
    const { name: stage, kind, fingerprint } = this.stage;
    switch (message.type) {
      case 'started':
        return { ...message, stage, kind, fingerprint, type: 'stage.started' };
      case 'progress': {
        const { step, of, unit } = message;
        return { stage, type: 'stage.progress', step, of, unit, ...this.rate.observe(step, of, this.now()) };
      }
      case 'finished': {
        const seconds = (this.now() - this.startedAt) / 1000;
        const { summary, peakBytes } = message;
        const peak = peakBytes === undefined ? {} : { peakBytes };
        const artifact = this.artifactFolder;
        return { stage, type: 'stage.finished', fingerprint, artifact, seconds, summary, ...peak };
      }
      case 'failed':
        return failedStage(this.stage, this.file, { failure: message, lastLines: [...this.lastLines] });
    }
  }

  private log(
    level: Extract<StageBody, { readonly type: 'stage.log' }>['level'],
    source: 'plugin' | 'native',
    text: string,
  ): StageBody {
    this.lastLines.push(...text.split('\n'));
    this.lastLines.splice(0, Math.max(0, this.lastLines.length - lastLineCount));
    return { stage: this.stage.name, type: 'stage.log', level, source, message: text };
  }
}

/** Why a stage failed, and what it printed last. */
interface FailureReport {
  readonly failure: WorkFailure;
  readonly lastLines: readonly string[];
}

/** The event of a failed stage; its place is where its block begins in `file`, the pipeline file. */
export function failedStage(
  { name: stage, line }: PlannedStage,
  file: string,
  { failure: { cause, remedy }, lastLines }: FailureReport,
): StageBody {
  const mend = remedy === undefined ? {} : { remedy };
  return { stage, type: 'stage.failed', cause, ...mend, file, line, lastLines };
}

function jsonNumber(value: number): number | 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return value;
  return value > 0 ? 'Infinity' : '-Infinity';
}
