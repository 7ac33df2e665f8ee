import { closeSync, openSync, readSync } from 'node:fs';
import { AppendingFile } from '../../appending-file.js';
import type { TokenText } from '../../sources/source.js';

/** The tokens of one part one after the other, in a file: what sources of rows draw text from. */
export class TokenFile implements TokenText {
  readonly #file: AppendingFile;
  #length = 0;
  #handle: number | undefined;

  constructor(private readonly path: string) {
    this.#file = new AppendingFile(path);
  }

  get length(): number {
    return this.#length;
  }

  append(tokens: Int32Array): void {
    this.#file.append(tokens);
    this.#length += tokens.length;
  }

  subarray(start: number, end: number): Int32Array {
    if (this.#handle === undefined) {
      this.#file.flush();
      this.#handle = openSync(this.path, 'r');
    }
    const tokens = new Int32Array(Math.max(0, Math.min(end, this.#length) - start));
    readSync(this.#handle, tokens, 0, tokens.byteLength, 4 * start);
    return tokens;
  }

  close(): void {
    this.#file.close();
    if (this.#handle !== undefined) closeSync(this.#handle);
  }
}
