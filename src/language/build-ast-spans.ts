import type { CstNode, IToken } from 'chevrotain';
import type { Source, Span } from '../base/span.js';

/** The place of a token. Tokens that stand for something forgotten, and the end of the file, have none of their own. */
export function spanOfToken(token: IToken, source: Source): Span {
  const start = Number.isFinite(token.startOffset) ? token.startOffset : source.text.length;
  return { source, start, end: Math.min(source.text.length, start + token.image.length) };
}

/** The place of everything that a node covers. */
export function spanOfNode(node: CstNode, source: Source): Span {
  const start = finite(node.location?.startOffset) ?? source.text.length;
  const last = finite(node.location?.endOffset);
  return { source, start, end: Math.max(start, last === undefined ? start : last + 1) };
}

function finite(offset: number | undefined): number | undefined {
  return offset !== undefined && Number.isFinite(offset) ? offset : undefined;
}
