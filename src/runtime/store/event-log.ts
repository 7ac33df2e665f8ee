import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { isDiskFull } from '../../base/system-error.js';
import { explainFileError } from './store-failure.js';

/**
 * The event file of one run. A line is on the file before anybody sees its event; only while the disk is full lines
 * wait in memory, since the stage that fills it fails soon and gives the space back.
 */
export class EventLog {
  private readonly file: number;
  private waiting: Buffer[] = [];
  private written = 0;
  private isClosed = false;

  /** Starts a new file. Throws StoreFailure where it cannot be written. */
  constructor(private readonly path: string) {
    this.file = this.explained(() => openSync(path, 'wx'));
  }

  append(line: string): void {
    this.waiting.push(Buffer.from(`${line}\n`));
    try {
      this.flush();
    } catch (error) {
      if (!isDiskFull(error)) throw explainFileError(error, 'writing events', this.path) ?? error;
    }
  }

  /** Writes what still waits. Throws StoreFailure when there is still no space for it. Does nothing the second time. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      this.explained(() => {
        this.flush();
      });
    } finally {
      closeSync(this.file);
    }
  }

  private flush(): void {
    for (let line = this.waiting[0]; line !== undefined; line = this.waiting[0]) {
      this.writeWhole(line);
      this.waiting.shift();
    }
  }

  private writeWhole(line: Buffer): void {
    let done = 0;
    try {
      while (done < line.length)
        done += writeSync(this.file, line, done, line.length - done, this.written + done);
      this.written += line.length;
    } catch (error) {
      if (done > 0) ftruncateSync(this.file, this.written);
      throw error;
    }
  }

  private explained<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (error) {
      throw explainFileError(error, 'writing events', this.path) ?? error;
    }
  }
}
