import type { CstElement, CstNode, IToken } from 'chevrotain';
import { tokenLabel } from '../../grammar/chevrotain.js';
import type { ParserProblem } from '../../grammar/parser.js';
import {
  Arrow,
  Comma,
  Comparison,
  Equals,
  Newline,
  reservedWords,
  RightBrace,
} from '../../grammar/tokens.js';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Source, Span } from '../base/span.js';
import { spanOfNode, spanOfToken } from './build-ast-spans.js';
import { diagnose } from './diagnostics.js';

/** What the parser expects where a block begins without its brace. */
const missingBrace = '"{"';

/** The problem leaves a "}" further down without a partner. */
export function lacksBrace({ expected }: ParserProblem): boolean {
  return expected === missingBrace;
}

/** Says a problem of the parser: what was found, what was expected. */
export function diagnoseParser({ expected, found, previous }: ParserProblem, source: Source): Diagnostic {
  const span = placeOf(found, previous, source);
  if (expected === 'a value' && endsSetting(found) && previous !== undefined && wantsValue(previous)) {
    const place = spanOfToken(previous, source);
    return diagnose('missing-value', { after: previous.image }, { span: place });
  }
  if (expected === 'a name' && reservedWords.includes(found.tokenType)) {
    return diagnose('reserved-word', { word: found.image }, { span });
  }
  if (reservedWords.includes(found.tokenType) && isAssignment(found, source)) {
    return diagnose('reserved-word', { word: found.image }, { span });
  }
  return diagnose(
    'unexpected-token',
    { found: describe(found), expected: advice(expected, found) },
    { span },
  );
}

/** At the end of a line or of the file there is nothing to underline: the last token before it is shown. */
function placeOf(found: IToken, previous: IToken | undefined, source: Source): Span {
  const hasPlace = Number.isFinite(found.startOffset) && found.image !== '' && found.tokenType !== Newline;
  return hasPlace || previous === undefined ? spanOfToken(found, source) : spanOfToken(previous, source);
}

function endsSetting({ tokenType, image }: IToken): boolean {
  return [Newline, Comma, RightBrace].includes(tokenType) || image === '';
}

function wantsValue({ tokenType, image }: IToken): boolean {
  return [Equals, Arrow, Comparison].includes(tokenType) || /^(?:[-+*/]|and|or|not)$/.test(image);
}

function isAssignment(word: IToken, source: Source): boolean {
  return /^\s*=(?!=)/.test(source.text.slice(word.startOffset + word.image.length));
}

function describe({ tokenType, image }: IToken): string {
  if (tokenType === Newline) return 'the end of the line';
  if (image === '') return 'the end of what stands before';
  return image.length > 40 ? tokenLabel(tokenType) : `"${image}"`;
}

function advice(expected: string, found: IToken): string {
  const isComparison = found.tokenType === Equals && expected !== 'a value';
  if (expected === missingBrace) return `${missingBrace}, or "=" between a setting and its value`;
  return isComparison ? `${expected}. To compare, write "=="` : expected;
}

/** Two items that touch on one line, as in `a = 1 b = 2`. */
export function diagnoseMissingSeparators(tree: CstNode, source: Source): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = (node: CstNode): void => {
    const items = (node.children['item'] ?? []).filter(isNode);
    items.forEach((item, index) => {
      const before = items[index - 1];
      if (before === undefined) return;
      const start = spanOfNode(before, source).end;
      const next = spanOfNode(item, source);
      if (!/^[ \t]*$/.test(source.text.slice(start, next.start))) return;
      const fix = { span: { source, start, end: next.start }, text: ', ' };
      found.push(diagnose('missing-separator', {}, { span: firstWord(next), fix }));
    });
    for (const children of Object.values(node.children)) children.filter(isNode).forEach(visit);
  };
  visit(tree);
  return found;
}

/** Two elements of a list with no comma between them; on one line or on two. */
export function diagnoseMissingCommas(tree: CstNode, source: Source): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = (node: CstNode): void => {
    const elements = (node.children['elements'] ?? []).filter(isNode);
    const commas = (node.children['Comma'] ?? []).flatMap((comma) =>
      isNode(comma) ? [] : comma.startOffset,
    );
    elements.forEach((element, index) => {
      const before = elements[index - 1];
      if (before === undefined) return;
      const { start, end } = spanOfNode(before, source);
      const next = firstWord(spanOfNode(element, source));
      if (commas.some((comma) => comma >= end && comma < next.start)) return;
      const fix = { span: { source, start: end, end }, text: ',' };
      const span = lastWord({ source, start, end });
      found.push(diagnose('missing-comma', { next: source.text.slice(next.start, next.end) }, { span, fix }));
    });
    for (const children of Object.values(node.children)) children.filter(isNode).forEach(visit);
  };
  visit(tree);
  return found;
}

function isNode(element: CstElement): element is CstNode {
  return 'children' in element;
}

function firstWord(span: Span): Span {
  const word = /^\w+/.exec(span.source.text.slice(span.start, span.end));
  return { ...span, end: span.start + (word?.[0].length ?? 1) };
}

function lastWord(span: Span): Span {
  const word = /(?:\w+|.)$/.exec(span.source.text.slice(span.start, span.end));
  return { ...span, start: span.end - (word?.[0].length ?? 1) };
}
