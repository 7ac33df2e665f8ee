import { displayWidth } from '../../src/report/text-width.js';

/** Just enough of a terminal to say what stands on it: text, line breaks, wrapping, cursor up, erase below. */
export class TestTerminal {
  readonly #lines: string[] = [''];
  #row = 0;
  #writes = 0;
  cursorVisible = true;

  constructor(
    private width: number,
    private readonly height: number,
  ) {}

  write(text: string): void {
    this.#writes += 1;
    // eslint-disable-next-line no-control-regex -- escape codes are what is looked for
    for (const part of text.split(/(\x1b\[[0-9;?]*[A-Za-z]|\n|\r)/)) this.#take(part);
  }

  columns(): number {
    return this.width;
  }

  rows(): number {
    return this.height;
  }

  resize(width: number): void {
    this.width = width;
    const row = this.#lines.slice(0, this.#row).reduce((sum, line) => sum + this.#rowsOf(line), 0);
    const wrapped = this.#lines.flatMap((line) => this.#wrapped(line));
    this.#lines.splice(0, this.#lines.length, ...wrapped);
    this.#row = row;
  }

  writes(): number {
    return this.#writes;
  }

  /** Everything that was ever shown and not erased, scrolled away or not. */
  text(): string {
    return this.#lines.map((line) => line.trimEnd()).join('\n');
  }

  #take(part: string): void {
    if (part === '' || part === '\r') return;
    // eslint-disable-next-line no-control-regex -- escape codes are what is looked for
    const code = /^\x1b\[([0-9;?]*)([A-Za-z])$/.exec(part);
    if (code !== null) this.#control(code[1]!, code[2]!);
    else if (part === '\n') this.#row += 1;
    else this.#print(part);
    while (this.#lines.length <= this.#row) this.#lines.push('');
  }

  #control(argument: string, letter: string): void {
    if (argument === '?25') this.cursorVisible = letter === 'h';
    if (letter === 'A') this.#row = Math.max(0, this.#row - Number(argument));
    if (letter === 'J') this.#lines.splice(this.#row, this.#lines.length, '');
  }

  #print(text: string): void {
    const parts = this.#wrapped((this.#lines[this.#row] ?? '') + text);
    for (const [index, part] of parts.entries()) this.#lines[this.#row + index] = part;
    this.#row += parts.length - 1;
  }

  #wrapped(line: string): readonly string[] {
    const parts: string[] = [''];
    for (const character of line) {
      const grown = parts.at(-1)! + character;
      if (displayWidth(grown) > this.width) parts.push(character);
      else parts[parts.length - 1] = grown;
    }
    return parts;
  }

  #rowsOf(line: string): number {
    return this.#wrapped(line).length;
  }
}
