import { displayWidth } from '../../report/text-width.js';

/** A terminal to draw on. */
export interface Screen {
  write(text: string): void;
  columns(): number;
  rows(): number;
}

const escape = '\u001b[';
const hideCursor = `${escape}?25l`;
const showCursor = `${escape}?25h`;
// Terminals that know synchronised output show the whole frame at once; others ignore it.
const beginFrame = `${escape}?2026h`;
const endFrame = `${escape}?2026l`;

/** Lines at the bottom of a terminal that are drawn again in place, with lasting lines scrolling away above them. */
export class LiveRegion {
  #drawn: readonly string[] = [];
  #hidden = false;

  constructor(private readonly screen: Screen) {}

  /** Writes lasting lines above and draws the region anew. Writes nothing where nothing changed. */
  draw(above: readonly string[], region: readonly string[]): void {
    if (above.length === 0 && sameLines(region, this.#drawn)) return;
    const hide = this.#hidden ? '' : hideCursor;
    this.#hidden = true;
    const text = [...above, ...region].map((line) => `${line}\n`).join('');
    this.screen.write(`${beginFrame}${hide}${this.#erased()}${text}${endFrame}`);
    this.#drawn = region;
  }

  /** Ends the region, leaving `last` in its place, and gives the cursor back. Safe to call twice. */
  close(last: readonly string[] = this.#drawn): void {
    const same = sameLines(last, this.#drawn);
    const text = same ? '' : this.#erased() + last.map((line) => `${line}\n`).join('');
    const show = this.#hidden ? showCursor : '';
    if (text + show !== '') this.screen.write(text + show);
    this.#hidden = false;
    this.#drawn = [];
  }

  // Lines that were drawn before the terminal became narrower take several lines now.
  #erased(): string {
    const columns = Math.max(1, this.screen.columns());
    const lines = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)),
      0,
    );
    return lines === 0 ? '' : `${escape}${lines}A\r${escape}0J`;
  }
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
