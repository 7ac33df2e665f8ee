import { open, type FileHandle } from 'node:fs/promises';
import { parseEventLine, type EventLine } from './event-lines.js';

/** One whole line of an event file, as text and as what it says. */
export interface ReadLine {
  readonly text: string;
  readonly line: EventLine;
}

/** How long to wait for more, and when to stop waiting. */
export interface Following {
  readonly pollMs: number;
  /** Asked each time that nothing new is there; when it says no, what is left is read and the reading ends. */
  goesOn(): boolean;
  sleep(ms: number): Promise<void>;
}

/**
 * The lines of an event file in order; with `following`, also those that are yet to be written. A last line without its
 * end was torn when the writer died, and is left out.
 */
export async function* readEventLines(path: string, following?: Following): AsyncGenerator<ReadLine> {
  const file = await open(path, 'r');
  try {
    const lines = new LineSplitter();
    for (;;) {
      const more = await readMore(file);
      if (more.length > 0) {
        yield* lines.take(more).map((text) => ({ text, line: parseEventLine(text) }));
      } else if (following === undefined) {
        return;
      } else if (following.goesOn()) {
        await following.sleep(following.pollMs);
      } else {
        yield* lines.take(await readMore(file)).map((text) => ({ text, line: parseEventLine(text) }));
        return;
      }
    }
  } finally {
    await file.close();
  }
}

const blockBytes = 1 << 20;

async function readMore(file: FileHandle): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, null);
  return buffer.subarray(0, bytesRead);
}

const newLine = 0x0a;

/** Cuts bytes into lines; bytes and not text, so that a character is never cut in two. */
class LineSplitter {
  #rest = Buffer.alloc(0);

  take(more: Buffer): readonly string[] {
    const all = Buffer.concat([this.#rest, more]);
    const end = all.lastIndexOf(newLine);
    this.#rest = all.subarray(end + 1);
    if (end < 0) return [];
    return all
      .toString('utf8', 0, end)
      .split('\n')
      .filter((line) => line !== '');
  }
}
