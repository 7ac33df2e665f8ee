import pc from 'picocolors';
import { codeFrame, type FrameLabel } from './code-frame.js';
import type { Diagnostic, RelatedPlace } from './diagnostic.js';
import type { JsonObject } from './json.js';
import { positionOf } from './source-position.js';
import type { Span } from './span.js';

/** For what diagnostics are written. */
export interface RenderOptions {
  readonly color: boolean;
  /** Columns of the terminal, where it is one: no line of source is longer. */
  readonly columns?: number | undefined;
}

/**
 * Diagnostics for people: `file:line:column severity code`, the source line with an underline, the message, the
 * related places, and what to replace. Separated by empty lines, without a line break at the end; empty for none.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('\n\n');
}

function renderDiagnostic(diagnostic: Diagnostic, { color, columns }: RenderOptions): string {
  const paint = pc.createColors(color);
  const { span, severity, code, message, related, fix } = diagnostic;
  const loud = severity === 'error' ? paint.red : paint.yellow;
  const colors = { gutter: paint.dim, underline: loud };
  const near = related.filter((place) => place.span.source === span.source);
  const labels: FrameLabel[] = [
    { span },
    ...near.map((place) => ({ span: place.span, text: place.message })),
  ];
  return [
    `${paint.bold(placeText(span))} ${loud(severity)} ${code}`,
    ...codeFrame(labels, colors, columns),
    message,
    ...related
      .filter((place) => place.span.source !== span.source)
      .flatMap((place) => [
        `${place.message}: ${placeText(place.span)}`,
        ...codeFrame([{ span: place.span }], { gutter: paint.dim, underline: paint.dim }, columns),
      ]),
    ...(fix === undefined ? [] : [paint.cyan(fixText(fix.span, fix.text))]),
  ].join('\n');
}

/** `file:line:column`, as editors and terminals link it. */
function placeText(span: Span): string {
  const { line, column } = positionOf(span.source, span.start);
  return `${span.source.file}:${line}:${column}`;
}

function fixText(span: Span, text: string): string {
  const old = span.source.text.slice(span.start, span.end);
  const shown = (words: string): string => `\`${words.trim()}\``;
  if (old.trim() === '' && text.trim() === '') return 'help: join the lines';
  if (old.trim() === '') return `help: add ${shown(text)}`;
  if (text.trim() === '') return `help: remove ${shown(old)}`;
  return `help: replace ${shown(old)} by ${shown(text)}`;
}

/** Diagnostics for programs: places with line, column and offset, fixes ready to be applied. */
export function diagnosticsToJson(diagnostics: readonly Diagnostic[]): readonly JsonObject[] {
  return diagnostics.map(({ code, severity, message, span, related, fix }) => ({
    code,
    severity,
    message,
    ...placeToJson(span),
    related: related.map(relatedToJson),
    ...(fix === undefined ? {} : { fix: { ...placeToJson(fix.span), text: fix.text } }),
  }));
}

function relatedToJson({ message, span }: RelatedPlace): JsonObject {
  return { message, ...placeToJson(span) };
}

function placeToJson(span: Span): JsonObject {
  const end = (offset: number): JsonObject => ({ ...positionOf(span.source, offset), offset });
  return { file: span.source.file, start: end(span.start), end: end(span.end) };
}
