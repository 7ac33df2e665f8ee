import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { InternalError } from '../base/unreachable.js';

/** A file that grows by many small pieces, written in large ones, and that can be read at the same time. */
export class AppendingFile {
  readonly #handle: number;
  readonly #buffer = new Uint8Array(1 << 20);
  #filled = 0;

  constructor(file: string) {
    this.#handle = openSync(file, 'w+');
  }

  /** Appends the bytes of an array. */
  append(array: Int32Array | Uint8Array): void {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    if (this.#filled + bytes.length > this.#buffer.length) this.#flush();
    if (bytes.length > this.#buffer.length) {
      write(this.#handle, bytes);
      return;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Fills an array with the bytes that were appended from `position` on; there are as many. */
  read(array: Int32Array | Uint8Array, position: number): void {
    this.#flush();
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let done = 0; done < bytes.length;) {
      const count = readSync(this.#handle, bytes, done, bytes.length - done, position + done);
      if (count === 0) throw new InternalError('more was asked of a file than was appended to it');
      done += count;
    }
  }

  /** Afterwards the file holds all that was appended. */
  #flush(): void {
    write(this.#handle, this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  close(): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#handle);
    }
  }
}

/** A single call may write less than it was given. */
function write(handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(handle, bytes, done);
}
