import type { RunEvent } from '../../runtime/contract/events.js';
import type { Output, Renderer } from './renderer.js';

/** The event lines as they are, one JSON document a line. */
export class JsonRenderer implements Renderer {
  constructor(
    private readonly lines: Output,
    private readonly notices: Output,
  ) {}

  show(event: RunEvent): void {
    this.lines.write(`${JSON.stringify(event)}\n`);
  }

  tick(): void {
    // A line for every event and no other.
  }

  notice(text: string): void {
    this.notices.write(`${text}\n`);
  }

  close(): void {
    // Every line is whole when it is written.
  }
}
