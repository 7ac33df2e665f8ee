import type { IToken } from 'chevrotain';

const tightAfter = new Set(['LeftBracket', 'LeftParenthesis', 'Dot', 'DotDot']);
const tightBefore = new Set(['RightBracket', 'RightParenthesis', 'Comma', 'Dot', 'DotDot']);
const operandEnds = new Set([
  'Identifier',
  'NumberLiteral',
  'StringLiteral',
  'TrueKeyword',
  'FalseKeyword',
  'Percent',
  'RightBrace',
  'RightBracket',
  'RightParenthesis',
]);

/** The tokens of one line with one space between them, and none where none belongs. */
export function spaced(tokens: readonly IToken[]): string {
  return tokens
    .map((token, index) => `${index > 0 && hasSpace(tokens, index) ? ' ' : ''}${token.image}`)
    .join('');
}

/** Whether a space stands before the token at this index. */
function hasSpace(tokens: readonly IToken[], index: number): boolean {
  const name = tokens[index]?.tokenType.name ?? '';
  const before = tokens[index - 1]?.tokenType.name ?? '';
  if (tightAfter.has(before) || tightBefore.has(name)) return false;
  if (before === 'LeftBrace' && name === 'RightBrace') return false;
  if (name === 'LeftParenthesis' && before === 'Identifier') return false;
  return !(before === 'Minus' && isSign(tokens, index - 1));
}

/** A minus sign belongs to what follows, unless it stands between two operands. */
function isSign(tokens: readonly IToken[], index: number): boolean {
  const before = tokens[index - 1];
  return before !== undefined && !operandEnds.has(before.tokenType.name);
}
