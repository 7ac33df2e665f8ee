import type { Diagnostic } from '../base/diagnostic.js';
import { diagnosticsToJson, renderDiagnostics } from '../base/render-diagnostics.js';
import { positionOf } from '../base/source-position.js';
import { wantsColour } from './colour.js';
import type { Io, TextStream } from './io.js';

/** How diagnostics are written. */
export type CheckFormat = 'human' | 'json' | 'github';

/** The diagnostics of some files as one text that ends with a line break; empty where nobody needs to be told. */
export function diagnosticsText(
  diagnostics: readonly Diagnostic[],
  format: CheckFormat,
  target: { readonly stream: TextStream; readonly env: Io['env'] },
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ schema: 'hpl.diagnostics/1', diagnostics: diagnosticsToJson(diagnostics) }, undefined, 2)}\n`;
    case 'github':
      return diagnostics.map((diagnostic) => `${annotation(diagnostic)}\n`).join('');
    case 'human': {
      if (diagnostics.length === 0) return '';
      const { isTTY, columns } = target.stream;
      const color = wantsColour(isTTY === true, target.env);
      return `${renderDiagnostics(diagnostics, { color, columns })}\n\n${countSentence(diagnostics)}\n`;
    }
  }
}

/** Writes diagnostics of a command that cannot go on: for people, to standard error. */
export function complain(diagnostics: readonly Diagnostic[], io: Io): void {
  io.stderr.write(diagnosticsText(diagnostics, 'human', { stream: io.stderr, env: io.env }));
}

/** `3 errors and 1 warning in 2 files`. */
function countSentence(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic['severity']): number =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const parts = [counted(count('error'), 'error'), counted(count('warning'), 'warning')].filter(
    (part) => part !== '',
  );
  const files = new Set(diagnostics.map(({ span }) => span.source.file));
  const where = files.size > 1 ? ` in ${files.size} files` : '';
  return `${parts.join(' and ')}${where}`;
}

function counted(count: number, noun: string): string {
  if (count === 0) return '';
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** A workflow command of GitHub Actions, which shows the message at its line in a pull request. */
function annotation({ span, severity, code, message }: Diagnostic): string {
  const start = positionOf(span.source, span.start);
  const end = positionOf(span.source, span.end);
  const places = [
    `file=${property(span.source.file)}`,
    `line=${start.line}`,
    `col=${start.column}`,
    `endLine=${end.line}`,
    `endColumn=${end.column}`,
    `title=${property(code)}`,
  ];
  return `::${severity} ${places.join(',')}::${data(message)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
