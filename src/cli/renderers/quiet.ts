import { failureView } from '../../report/failure-view.js';
import { resultView } from '../../report/result-view.js';
import { emptyRunState, runStateAfter, type RunState } from '../../report/run-state.js';
import { endSentence } from '../../report/run-words.js';
import type { RunEvent } from '../../runtime/contract/events.js';
import type { Outputs, Renderer } from './renderer.js';

/** Errors, results and the last line; nothing while the run goes well. */
export class QuietRenderer implements Renderer {
  #state: RunState = emptyRunState;

  constructor(private readonly outputs: Outputs) {}

  show(event: RunEvent): void {
    this.#state = runStateAfter(this.#state, event);
    if (event.type !== 'run.finished') return;
    const { progress, results } = this.outputs;
    const failure = failureView(this.#state, progress.width(), progress.palette);
    if (failure.length > 0) progress.write(`${failure.join('\n')}\n`);
    const tables = resultView(this.#state, results.width(), results.palette);
    if (tables.length > 0) results.write(`${tables.join('\n')}\n`);
    progress.write(`${endSentence(event, progress.palette)}\n`);
  }

  tick(): void {
    // Silence is what was asked for.
  }

  notice(text: string): void {
    this.outputs.progress.write(`${text}\n`);
  }

  close(): void {
    // Every line is whole when it is written.
  }
}
