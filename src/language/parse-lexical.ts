import type { IToken } from 'chevrotain';
import type { LexicalProblem } from '../../grammar/lexer.js';
import { StringLiteral } from '../../grammar/tokens.js';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Source, Span } from '../base/span.js';
import { diagnose } from './diagnostics.js';
import { readString, writeString } from './string-literal.js';

const closers: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/** Says a problem of the lexer in whole sentences, with the replacement that cures it where there is one. */
export function diagnoseLexical(problem: LexicalProblem, source: Source): Diagnostic {
  const span = { source, start: problem.start, end: problem.end };
  const text = source.text.slice(problem.start, problem.end);
  switch (problem.kind) {
    case 'unexpected-character':
      return diagnose('unexpected-character', { text: shown(text) }, { span });
    case 'unterminated-string':
      return diagnose('unterminated-string', {}, { span, fix: closingQuote(span, text) });
    case 'single-quotes':
      return diagnose(
        'single-quotes',
        {},
        { span, fix: { span, text: writeString(readString(text).value) } },
      );
    case 'slash-comment':
      return diagnose(
        'slash-comment',
        {},
        { span, fix: { span: { ...span, end: span.start + 2 }, text: '#' } },
      );
    case 'too-complex':
      return diagnose('too-complex', {}, { span });
    case 'unclosed':
      return diagnose('unclosed-bracket', { opener: text, closer: closers[text] ?? '' }, { span });
    case 'unopened':
      return diagnose('unopened-bracket', { closer: text }, { span, fix: { span, text: '' } });
    case 'brace-on-its-own-line':
      return diagnose('misplaced-brace', {}, { span, fix: joinedLines(span) });
  }
}

/** The escapes of one string that mean nothing. */
export function diagnoseEscapes(token: IToken, source: Source): readonly Diagnostic[] {
  if (token.tokenType !== StringLiteral || !token.image.includes('\\')) return [];
  return readString(token.image).unknown.map(({ offset, text }) => {
    const start = token.startOffset + offset;
    const span = { source, start, end: start + text.length };
    const fix = { span: { ...span, end: start + 1 }, text: '\\\\' };
    return diagnose('unknown-escape', { text }, { span, fix });
  });
}

function shown(text: string): string {
  const isPrintable = !/[\p{C}\p{Z}]/u.test(text);
  const [first = ''] = text;
  const code = (first.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  if (!isPrintable) return `the invisible character U+${code}`;
  return text.length > 20 ? `"${text.slice(0, 20)}…"` : `"${text}"`;
}

/** A comment behind the forgotten quote was read as part of the string; what to keep cannot be known. */
function closingQuote(span: Span, text: string): { span: Span; text: string } | undefined {
  if (/[#,{}\\]/.test(text)) return undefined;
  const end = span.start + text.trimEnd().length;
  return { span: { ...span, start: end, end }, text: '"' };
}

function joinedLines(brace: Span): { span: Span; text: string } | undefined {
  const before = brace.source.text.slice(0, brace.start);
  const start = before.trimEnd().length;
  const lastLine =
    before
      .slice(0, start)
      .split(/[\r\n]/)
      .at(-1) ?? '';
  if (lastLine.includes('#')) return undefined;
  return { span: { ...brace, start, end: brace.start }, text: ' ' };
}
