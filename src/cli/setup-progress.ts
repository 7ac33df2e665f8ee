import type { Report } from '../plugins/backends/tensorflow/setup/setup-event.js';
import type { TextStream } from './io.js';

type SetupNote = Parameters<Report>[0];

const mebibyte = 2 ** 20;
/** Milliseconds between two drawings on a terminal. */
const redraw = 100;
/** Elsewhere, a line each time so much more of the file is there. */
const share = 0.25;

/** Shows the steps of a setup: one line a step, and how far a download is (in place on a terminal). */
export class SetupProgress {
  readonly #stream: TextStream;
  #drawnAt = -Infinity;
  #begun: { readonly file: string; readonly bytes: number; readonly at: number } | undefined;
  #nextShare = share;
  #open = false;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  /** Takes an event, and the milliseconds of a monotonic clock. */
  show(event: SetupNote, now: number): void {
    if (event.type === 'step') {
      this.close();
      this.#stream.write(`${event.message}\n`);
      return;
    }
    if (this.#begun?.file !== event.file) {
      this.#begun = { file: event.file, bytes: event.bytes, at: now };
      this.#nextShare = share;
    }
    const rate = (event.bytes - this.#begun.bytes) / Math.max(1, now - this.#begun.at) / 1000;
    if (this.#stream.isTTY === true) this.#draw(event, rate, now);
    else this.#write(event, rate);
  }

  /** Ends an open line. */
  close(): void {
    if (this.#open) this.#stream.write('\n');
    this.#open = false;
  }

  #draw(event: Progress, rate: number, now: number): void {
    if (now - this.#drawnAt < redraw && event.bytes !== event.of) return;
    this.#drawnAt = now;
    this.#open = true;
    this.#stream.write(`\r\u001b[2K${describe(event, rate)}`);
  }

  #write(event: Progress, rate: number): void {
    if (event.of === undefined || event.bytes < this.#nextShare * event.of) return;
    this.#nextShare = (Math.floor(event.bytes / event.of / share) + 1) * share;
    this.#stream.write(`${describe(event, rate)}\n`);
  }
}

type Progress = Extract<SetupNote, { type: 'progress' }>;

function describe({ bytes, of }: Progress, megabytesPerSecond: number): string {
  const rate = megabytesPerSecond > 0 ? `, ${megabytesPerSecond.toFixed(0)} MB/s` : '';
  if (of === undefined) return `  ${(bytes / mebibyte).toFixed(0)} MiB${rate}`;
  const percent = `${Math.floor((100 * bytes) / of)}`.padStart(3);
  return `  ${percent} %  ${(bytes / mebibyte).toFixed(0)} of ${(of / mebibyte).toFixed(0)} MiB${rate}`;
}
