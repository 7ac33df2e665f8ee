import type { IToken } from 'chevrotain';

/** One line of a file as the formatter sees it. */
export interface Line {
  /** In how many brackets it stands; closers at its beginning count as outside already. */
  readonly depth: number;
  readonly tokens: readonly IToken[];
  /** How many tokens stand before the `=` of a setting or param; 0 for other lines. */
  readonly head: number;
  /** `# …`, or empty. */
  readonly comment: string;
  /** A bracket that this line opens is closed on another, or the other way round. */
  readonly isPartial: boolean;
  /** Its last token is an opening bracket. */
  readonly opens: boolean;
  /** Its first token is a closing bracket. */
  readonly closes: boolean;
}

const openers = new Set(['LeftBrace', 'LeftBracket', 'LeftParenthesis']);
const closers = new Set(['RightBrace', 'RightBracket', 'RightParenthesis']);

/** Whether a token is of the type with this name. */
function is(token: IToken | undefined, name: string): boolean {
  return token?.tokenType.name === name;
}

/** Cuts tokens and comments into lines. Commas that a line break or a brace makes needless are left out. */
export function linesOf(written: readonly IToken[]): readonly Line[] {
  const lines: Line[] = [];
  const indentation = new Indentation();
  for (const line of cut(withoutNeedlessCommas(written))) {
    const comments = line.filter((token) => is(token, 'Comment'));
    const tokens = line.filter((token) => !is(token, 'Comment'));
    const opened = tokens.filter(({ tokenType }) => openers.has(tokenType.name)).length;
    const closed = tokens.filter(({ tokenType }) => closers.has(tokenType.name)).length;
    lines.push({
      depth: indentation.take(tokens),
      tokens,
      head: headOf(tokens),
      comment: comments.map(({ image }) => image.trimEnd()).join(' '),
      isPartial: opened !== closed,
      opens: openers.has(tokens.at(-1)?.tokenType.name ?? ''),
      closes: closers.has(tokens[0]?.tokenType.name ?? ''),
    });
  }
  return lines;
}

/** A line that opens several brackets indents what follows once, and not once for each. */
class Indentation {
  /** For each open bracket whether it indents. */
  #open: boolean[] = [];

  /** How deep a line stands, whose brackets then count for the lines below. */
  take(tokens: readonly IToken[]): number {
    const first = tokens.findIndex(({ tokenType }) => !closers.has(tokenType.name));
    const leading = first === -1 ? tokens.length : first;
    this.#open = this.#open.slice(0, Math.max(0, this.#open.length - leading));
    const depth = this.#open.filter(Boolean).length;
    let before = this.#open.length;
    for (const { tokenType } of tokens.slice(leading)) {
      if (openers.has(tokenType.name)) this.#open.push(this.#open.length === before);
      if (closers.has(tokenType.name)) this.#open.pop();
      before = Math.min(before, this.#open.length);
    }
    return depth;
  }
}

function headOf(tokens: readonly IToken[]): number {
  const words = is(tokens[0], 'ParamKeyword') ? 2 : 1;
  return is(tokens[words - 1], 'Identifier') && is(tokens[words], 'Equals') ? words : 0;
}

function cut(tokens: readonly IToken[]): readonly (readonly IToken[])[] {
  const lines: IToken[][] = [[]];
  for (const token of tokens) {
    if (is(token, 'Newline')) lines.push([]);
    else lines.at(-1)?.push(token);
  }
  return lines;
}

/** Between settings a line break separates as well as a comma. In lists every comma stays. */
function withoutNeedlessCommas(written: readonly IToken[]): readonly IToken[] {
  const open: IToken[] = [];
  let before: IToken | undefined;
  return written.filter((token, index) => {
    if (openers.has(token.tokenType.name)) open.push(token);
    if (closers.has(token.tokenType.name)) open.pop();
    if (is(token, 'Comment')) return true;
    const isInList = is(open.at(-1), 'LeftBracket') || is(open.at(-1), 'LeftParenthesis');
    if (is(token, 'Comma') && !isInList && isNeedless(before, written, index)) return false;
    before = token;
    return true;
  });
}

function isNeedless(before: IToken | undefined, written: readonly IToken[], index: number): boolean {
  const after = written
    .slice(index + 1, index + 3)
    .find((token) => !is(token, 'Comment') && !is(token, 'Comma'));
  const endsBefore =
    before === undefined || ['Newline', 'LeftBrace', 'Comma'].includes(before.tokenType.name);
  return endsBefore || after === undefined || ['Newline', 'RightBrace'].includes(after.tokenType.name);
}
