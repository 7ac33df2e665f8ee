import { failureView } from '../../report/failure-view.js';
import { resultView } from '../../report/result-view.js';
import { emptyRunState, runStateAfter, type RunState } from '../../report/run-state.js';
import { endSentence, runHeaderLines } from '../../report/run-words.js';
import type { RunEvent } from '../../runtime/contract/events.js';
import { LiveRegion, type Screen } from './live-region.js';
import { isShown, logLines } from './log-lines.js';
import type { Outputs, Renderer, Verbosity } from './renderer.js';
import { finalFrame, liveFrame, type FrameSpace } from './tty-frame.js';

/**
 * A living table of the stages at the bottom of the terminal, log lines above it. Draws at ticks only, so the rate of
 * ticks bounds the rate of drawing; nothing is lost in between.
 */
export class TtyRenderer implements Renderer {
  #state: RunState = emptyRunState;
  #above: string[] = [];
  #closed = false;
  readonly #region: LiveRegion;

  constructor(
    private readonly screen: Screen,
    private readonly outputs: Outputs,
    private readonly verbosity: Verbosity,
  ) {
    this.#region = new LiveRegion(screen);
  }

  show(event: RunEvent): void {
    this.#state = runStateAfter(this.#state, event);
    this.#above.push(...this.#lastingLines(event));
    if (event.type === 'run.finished') this.#finish(event, Date.parse(event.time));
  }

  tick(now: number): void {
    if (this.#closed || this.#state.header === undefined) return;
    const above = this.#above.splice(0);
    this.#region.draw(above, this.#state.plan.length === 0 ? [] : liveFrame(this.#state, this.#space(now)));
  }

  notice(text: string): void {
    this.#above.push(text);
    this.tick(this.#state.latestAt ?? 0);
  }

  close(): void {
    if (this.#closed) return;
    this.tick(this.#state.latestAt ?? 0);
    this.#closed = true;
    this.#region.close();
  }

  #space(now: number): FrameSpace {
    const { palette } = this.outputs.progress;
    return { now, width: this.screen.columns(), height: this.screen.rows(), palette };
  }

  #lastingLines(event: RunEvent): readonly string[] {
    const { palette } = this.outputs.progress;
    switch (event.type) {
      case 'run.started':
        return [...runHeaderLines(event, palette), ''];
      case 'stage.log': {
        if (!isShown(event, this.verbosity)) return [];
        return logLines(event, palette).map((line) => `${palette.dim(event.stage)}  ${line}`);
      }
      default:
        return [];
    }
  }

  #finish(event: Extract<RunEvent, { type: 'run.finished' }>, now: number): void {
    this.#region.draw(this.#above.splice(0), finalFrame(this.#state, this.#space(now)));
    this.#region.close();
    this.#closed = true;
    const { progress, results } = this.outputs;
    const failure = failureView(this.#state, progress.width(), progress.palette);
    if (failure.length > 0) progress.write(`\n${failure.join('\n')}\n`);
    const tables = resultView(this.#state, results.width(), results.palette);
    if (tables.length > 0) results.write(`\n${tables.join('\n')}\n`);
    const resume = failure.length === 0 && event.resume !== undefined ? `resume with: ${event.resume}\n` : '';
    progress.write(`\n${endSentence(event, progress.palette)}\n${resume}`);
  }
}
