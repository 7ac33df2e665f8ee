import type { ITokenConfig, TokenType } from 'chevrotain';
import { createToken, Lexer } from './chevrotain.js';

/** Every token speaks the user's words: its label is what a message calls it. */
function token(name: string, label: string, config: Partial<ITokenConfig>): TokenType {
  return createToken({ name, label, ...config });
}

export const Identifier = token('Identifier', 'a name', { pattern: /[A-Za-z_][A-Za-z0-9_]*/ });

const keywords: TokenType[] = [];

/** `longer_alt` keeps `pipelines` from being read as `pipeline` and `s`. */
function keyword(word: string): TokenType {
  const name = `${word.charAt(0).toUpperCase()}${word.slice(1)}Keyword`;
  const type = token(name, `"${word}"`, { pattern: new RegExp(word), longer_alt: Identifier });
  keywords.push(type);
  return type;
}

export const HplKeyword = keyword('hpl');
export const UseKeyword = keyword('use');
export const PipelineKeyword = keyword('pipeline');
export const ParamKeyword = keyword('param');
export const AndKeyword = keyword('and');
export const OrKeyword = keyword('or');
export const NotKeyword = keyword('not');
export const ForKeyword = keyword('for');
export const TrueKeyword = keyword('true');
export const FalseKeyword = keyword('false');

/** The words that no stage, setting or param can be named. */
export const reservedWords: readonly TokenType[] = keywords;

export const NumberLiteral = token('NumberLiteral', 'a number', {
  pattern: /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/,
});

export const StringLiteral = token('StringLiteral', 'a string', {
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  line_breaks: false,
});

/** Read as a string up to where it most likely was to end, so that the rest is read too; the lexer reports it. */
export const UnterminatedString = token('UnterminatedString', 'a string without its closing quote', {
  pattern: /"(?:[^"\\\r\n}\]),#]|\\[^\r\n])*\\?/,
  categories: [StringLiteral],
  line_breaks: false,
});

/** A habit from other languages; read as a string, reported by the lexer. */
export const SingleQuotedString = token('SingleQuotedString', 'a string in single quotes', {
  pattern: /'[^'\r\n]*'/,
  categories: [StringLiteral],
  line_breaks: false,
});

export const Newline = token('Newline', 'the end of the line', {
  pattern: /\r\n|\n|\r/,
  line_breaks: true,
});

export const LeftBrace = token('LeftBrace', '"{"', { pattern: '{' });
export const RightBrace = token('RightBrace', '"}"', { pattern: '}' });
export const LeftBracket = token('LeftBracket', '"["', { pattern: '[' });
export const RightBracket = token('RightBracket', '"]"', { pattern: ']' });
export const LeftParenthesis = token('LeftParenthesis', '"("', { pattern: '(' });
export const RightParenthesis = token('RightParenthesis', '")"', { pattern: ')' });
export const Comma = token('Comma', '","', { pattern: ',' });
export const Arrow = token('Arrow', '"->"', { pattern: '->' });
export const DotDot = token('DotDot', '".."', { pattern: '..' });
export const Dot = token('Dot', '"."', { pattern: '.' });
export const Percent = token('Percent', '"%"', { pattern: '%' });

/** `<`, `<=`, `>`, `>=`, `==`, `!=`. */
export const Comparison = token('Comparison', 'a comparison such as "<="', { pattern: /<=|>=|==|!=|<|>/ });
export const Equals = token('Equals', '"="', { pattern: '=' });
export const Plus = token('Plus', '"+"', { pattern: '+' });
export const Minus = token('Minus', '"-"', { pattern: '-' });
export const Times = token('Times', '"*"', { pattern: '*' });
export const Divide = token('Divide', '"/"', { pattern: '/' });

/** Kept out of the grammar, in a group of their own, so that the formatter can put them back. */
const Comment = token('Comment', 'a comment', {
  pattern: /#[^\r\n]*/,
  group: 'comments',
  line_breaks: false,
});

/** A habit from other languages; reported by the lexer. */
const SlashComment = token('SlashComment', 'a comment with "//"', {
  pattern: /\/\/[^\r\n]*/,
  group: 'slashComments',
  line_breaks: false,
});

const WhiteSpace = token('WhiteSpace', 'white space', {
  pattern: /[ \t\uFEFF]+/,
  group: Lexer.SKIPPED,
  line_breaks: false,
});

/** In the order in which the lexer tries them: the longer before its own beginning. */
export const vocabulary: readonly TokenType[] = [
  WhiteSpace,
  Newline,
  Comment,
  SlashComment,
  ...keywords,
  Identifier,
  NumberLiteral,
  StringLiteral,
  UnterminatedString,
  SingleQuotedString,
  LeftBrace,
  RightBrace,
  LeftBracket,
  RightBracket,
  LeftParenthesis,
  RightParenthesis,
  Comma,
  Arrow,
  DotDot,
  Dot,
  Percent,
  Comparison,
  Equals,
  Plus,
  Minus,
  Times,
  Divide,
];
