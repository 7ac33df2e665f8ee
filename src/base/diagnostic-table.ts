import type { Diagnostic, Fix, RelatedPlace, Severity } from './diagnostic.js';
import type { Span } from './span.js';

/** One kind of mistake, declared once: its severity, and its message as a function of what was found. */
export interface DiagnosticDefinition<Arguments> {
  readonly severity: Severity;
  readonly message: (found: Arguments) => string;
}

/** A table of mistakes by their stable code. */
export type DiagnosticTable = Readonly<Record<string, DiagnosticDefinition<never>>>;

/** What the message of a definition wants to know. */
export type ArgumentsOf<Definition> =
  Definition extends DiagnosticDefinition<infer Arguments> ? Arguments : never;

/** Where a mistake stands, and what else helps to mend it. */
export interface DiagnosticPlace {
  readonly span: Span;
  readonly related?: readonly RelatedPlace[];
  readonly fix?: Fix | undefined;
}

/** Declares one kind of mistake. The type argument is what the message needs; a wrong call does not compile. */
export function define<Arguments>(
  definition: DiagnosticDefinition<Arguments>,
): DiagnosticDefinition<Arguments> {
  return definition;
}

/** The function that makes diagnostics of one table: it takes only codes of the table, with their arguments. */
export function diagnoserOf<Table extends DiagnosticTable>(
  table: Table,
): <Code extends keyof Table & string>(
  code: Code,
  found: ArgumentsOf<Table[Code]>,
  place: DiagnosticPlace,
) => Diagnostic {
  return (code, found, { span, related = [], fix }) => {
    const definition = table[code] as DiagnosticDefinition<typeof found>;
    const message = definition.message(found);
    const base = { code, severity: definition.severity, message, span, related };
    return fix === undefined ? base : { ...base, fix };
  };
}
