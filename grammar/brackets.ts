import type { IToken, TokenType } from 'chevrotain';
import { createTokenInstance } from './chevrotain.js';
import {
  Equals,
  Identifier,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Newline,
  RightBrace,
  RightBracket,
  RightParenthesis,
} from './tokens.js';

export interface BracketProblem {
  readonly kind: 'unclosed' | 'unopened' | 'brace-on-its-own-line';
  readonly start: number;
  readonly end: number;
  readonly image: string;
}

export interface Balanced {
  readonly tokens: readonly IToken[];
  readonly problems: readonly BracketProblem[];
}

const closerOf = new Map<TokenType, TokenType>([
  [LeftBrace, RightBrace],
  [LeftBracket, RightBracket],
  [LeftParenthesis, RightParenthesis],
]);
const closers = new Set(closerOf.values());

/**
 * Makes brackets balanced before parsing, so that a forgotten one is reported at its opener, once, and the parser
 * reads the rest undisturbed. Also decides which line breaks end a setting: those directly inside `{ }`, and none
 * inside `[ ]` and `( )`.
 */
export function balance(tokens: readonly IToken[]): Balanced {
  const balancer = new Balancer(tokens);
  tokens.forEach((token, index) => {
    balancer.take(token, index);
  });
  balancer.finish();
  return { tokens: balancer.output, problems: balancer.problems };
}

class Balancer {
  readonly output: IToken[] = [];
  readonly problems: BracketProblem[] = [];
  readonly #open: IToken[] = [];
  readonly #tokens: readonly IToken[];
  readonly #lacksBrace: boolean;

  constructor(tokens: readonly IToken[]) {
    this.#tokens = tokens;
    const count = (type: TokenType): number => tokens.filter((token) => token.tokenType === type).length;
    this.#lacksBrace = count(LeftBrace) > count(RightBrace);
  }

  take(token: IToken, index: number): void {
    const type = token.tokenType;
    if (type === Newline) this.#takeNewline(token, index);
    else if (closers.has(type)) this.#close(token);
    else {
      if (closerOf.has(type)) this.#open.push(token);
      this.output.push(token);
    }
  }

  finish(): void {
    while (this.#open.length > 0) this.#closeUnclosed(this.#endOffset());
  }

  #takeNewline(token: IToken, index: number): void {
    const [setting, block] = [startsSetting, startsBlock].map((test) => test(this.#tokens, index + 1));
    // No list holds `key =` or a block: its bracket was forgotten.
    if (setting === true || block === true) {
      while (this.#isInsideList()) this.#closeUnclosed(token.startOffset);
    }
    // A block inside a stage never stands; where a brace is missing, this is the place.
    if (block === true && this.#lacksBrace) {
      while (this.#open.length > 1) this.#closeUnclosed(token.startOffset);
    }
    if (this.#isInsideList()) return;
    const next = this.#tokens[index + 1];
    if (next?.tokenType === LeftBrace) this.#report('brace-on-its-own-line', next);
    else this.output.push(token);
  }

  #isInsideList(): boolean {
    const type = this.#open.at(-1)?.tokenType;
    return type === LeftBracket || type === LeftParenthesis;
  }

  #close(token: IToken): void {
    const matches = (opener: IToken): boolean => closerOf.get(opener.tokenType) === token.tokenType;
    if (!this.#open.some(matches)) {
      this.#report('unopened', token);
      return;
    }
    for (let top = this.#open.at(-1); top !== undefined && !matches(top); top = this.#open.at(-1)) {
      this.#closeUnclosed(token.startOffset);
    }
    this.#open.pop();
    this.output.push(token);
  }

  /** Puts an empty closer in place of the one that the user forgot. */
  #closeUnclosed(offset: number): void {
    const opener = this.#open.pop();
    const closer = opener === undefined ? undefined : closerOf.get(opener.tokenType);
    if (opener === undefined || closer === undefined) return;
    this.#report('unclosed', opener);
    this.output.push(createTokenInstance(closer, '', offset, offset - 1, NaN, NaN, NaN, NaN));
  }

  #report(kind: BracketProblem['kind'], { startOffset, image }: IToken): void {
    this.problems.push({ kind, start: startOffset, end: startOffset + image.length, image });
  }

  #endOffset(): number {
    const last = this.#tokens.at(-1);
    return last === undefined ? 0 : last.startOffset + last.image.length;
  }
}

function startsSetting(tokens: readonly IToken[], index: number): boolean {
  return tokens[index]?.tokenType === Identifier && tokens[index + 1]?.tokenType === Equals;
}

function startsBlock(tokens: readonly IToken[], index: number): boolean {
  const [kind, name, brace] = tokens.slice(index, index + 3).map(({ tokenType }) => tokenType);
  return kind === Identifier && name === Identifier && brace === LeftBrace;
}
