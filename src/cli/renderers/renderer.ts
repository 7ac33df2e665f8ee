import type { Palette } from '../../report/palette.js';
import type { RunEvent } from '../../runtime/contract/events.js';

/** A view of a run: a fold over its events, whether they happen now or are read from a file. */
export interface Renderer {
  show(event: RunEvent): void;
  /** Says that time has passed; `now` is in milliseconds since 1970, as are the times of the events. */
  tick(now: number): void;
  /** Writes a message that is not an event, such as what a signal does. */
  notice(text: string): void;
  /** Leaves the terminal as it was found. Safe to call twice. */
  close(): void;
}

/** One place that text goes to. */
export interface Output {
  write(text: string): void;
  /** Columns to wrap to. */
  readonly width: () => number;
  readonly palette: Palette;
}

/** Progress is for the person who watches, results are what the command was asked for. */
export interface Outputs {
  readonly progress: Output;
  readonly results: Output;
}

/** How much of the log lines is shown: 0 information and above, 1 also debug, 2 also what libraries print past us. */
export type Verbosity = 0 | 1 | 2;
