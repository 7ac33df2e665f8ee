import type { IToken, Lexer as LexerInstance } from 'chevrotain';
import { Lexer } from './chevrotain.js';
import { balance, type BracketProblem } from './brackets.js';
import {
  Arrow,
  Comma,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Newline,
  RightBrace,
  RightBracket,
  RightParenthesis,
  SingleQuotedString,
  UnterminatedString,
  vocabulary,
} from './tokens.js';

/** Something wrong below the level of the grammar. Offsets are UTF-16, half open. */
export type LexicalProblem =
  | {
      readonly kind:
        'unexpected-character' | 'unterminated-string' | 'single-quotes' | 'slash-comment' | 'too-complex';
      readonly start: number;
      readonly end: number;
    }
  | BracketProblem;

export interface Lexed {
  /** What the parser reads: brackets balanced, line breaks inside `[ ]` and `( )` left out. */
  readonly tokens: readonly IToken[];
  /** Every token and comment as written, in order: what the formatter reads. */
  readonly written: readonly IToken[];
  readonly problems: readonly LexicalProblem[];
}

/** The one lexer, made at the first use. */
let lexer: LexerInstance | undefined;

/** Makes a lexer; one whose tokens cannot be found by their first character is refused. */
export function createLexer(options: { readonly skipValidations: boolean }): LexerInstance {
  return new Lexer([...vocabulary], { ensureOptimizations: true, positionTracking: 'full', ...options });
}

/** Cuts a text into tokens. Never throws: what cannot be read is a problem, and the rest is read on. */
export function lex(text: string): Lexed {
  lexer ??= createLexer({ skipValidations: true });
  const result = lexer.tokenize(text);
  const comments = result.groups['comments'] ?? [];
  const slashComments = result.groups['slashComments'] ?? [];
  const problems: LexicalProblem[] = [
    ...mergeAdjacent(result.errors.map(({ offset, length }) => ({ start: offset, end: offset + length }))),
    ...slashComments.map((token) => problemAt('slash-comment', token)),
    ...result.tokens.flatMap(stringProblem),
  ];
  const written = [...result.tokens, ...comments, ...slashComments].sort(
    (left, right) => left.startOffset - right.startOffset,
  );
  const tooComplex = findTooComplex(result.tokens);
  if (tooComplex !== undefined) {
    return { tokens: [], written, problems: [...problems, problemAt('too-complex', tooComplex)] };
  }
  const balanced = balance(result.tokens);
  return { tokens: balanced.tokens, written, problems: [...problems, ...balanced.problems] };
}

function problemAt(kind: Exclude<LexicalProblem, BracketProblem>['kind'], token: IToken): LexicalProblem {
  return { kind, start: token.startOffset, end: token.startOffset + token.image.length };
}

function stringProblem(token: IToken): readonly LexicalProblem[] {
  if (token.tokenType === UnterminatedString) return [problemAt('unterminated-string', token)];
  if (token.tokenType === SingleQuotedString) return [problemAt('single-quotes', token)];
  return [];
}

/** A run of characters that no token begins with is one problem, not one for each character. */
function mergeAdjacent(ranges: readonly { start: number; end: number }[]): LexicalProblem[] {
  const merged: { kind: 'unexpected-character'; start: number; end: number }[] = [];
  for (const { start, end } of ranges) {
    const last = merged.at(-1);
    if (last?.end === start) last.end = end;
    else merged.push({ kind: 'unexpected-character', start, end });
  }
  return merged;
}

const maximalDepth = 64;
const maximalOperators = 256;
const openers = new Set([LeftBrace, LeftBracket, LeftParenthesis]);
const closers = new Set([RightBrace, RightBracket, RightParenthesis]);
const operators = new Set(
  vocabulary.filter((type) =>
    [
      'Plus',
      'Minus',
      'Times',
      'Divide',
      'Comparison',
      'AndKeyword',
      'OrKeyword',
      'NotKeyword',
      'Dot',
    ].includes(type.name),
  ),
);

/** Everything after the lexer recurses, so depth is bounded here, far above what a person writes. */
function findTooComplex(tokens: readonly IToken[]): IToken | undefined {
  let depth = 0;
  let operatorCount = 0;
  return tokens.find((token) => {
    const type = token.tokenType;
    if (openers.has(type)) depth += 1;
    if (closers.has(type)) depth = Math.max(0, depth - 1);
    if (type === Newline || type === Comma || type === Arrow) operatorCount = 0;
    if (operators.has(type)) operatorCount += 1;
    return depth > maximalDepth || operatorCount > maximalOperators;
  });
}
