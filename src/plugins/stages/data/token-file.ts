import { AppendingFile } from '../../appending-file.js';
import type { TokenText } from '../../sources/source.js';

/** The tokens of one part one after the other, in a file: what sources of rows draw text from. */
export class TokenFile implements TokenText {
  readonly #file: AppendingFile;
  #length = 0;

  constructor(path: string) {
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
    const tokens = new Int32Array(Math.max(0, Math.min(end, this.#length) - start));
    this.#file.read(tokens, 4 * start);
    return tokens;
  }

  close(): void {
    this.#file.close();
  }
}
