import type { Span } from './span.js';

export type Severity = 'error' | 'warning';

/** A second place that explains the first, such as "first declared here". */
export interface RelatedPlace {
  readonly message: string;
  readonly span: Span;
}

/** A replacement of text that cures the problem when applied. */
export interface Fix {
  readonly span: Span;
  readonly text: string;
}

/** One mistake of the user, as a value: what was found, what was expected, what to do. */
export interface Diagnostic {
  /** Stable, public, kebab-case. */
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly span: Span;
  readonly related: readonly RelatedPlace[];
  readonly fix?: Fix;
}
