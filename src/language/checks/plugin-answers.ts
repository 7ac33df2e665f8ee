import { reasonOf } from '../../base/reason.js';
import type { Span } from '../../base/span.js';
import { diagnose } from '../diagnostics.js';
import type { Report } from '../report.js';

/** A plugin by its name, and what a message about it points at. */
export interface AskedPlugin {
  readonly name: string;
  readonly head: Span;
}

/** Asks a plugin about what was written for it. One that throws is reported, and counts as having no answer. */
export function askPlugin<Answer>(
  { name, head }: AskedPlugin,
  report: Report,
  ask: () => Answer,
): Answer | undefined {
  try {
    return ask();
  } catch (error) {
    const thrown = reasonOf(error);
    const reason = /[.!?]$/.test(thrown) ? thrown : `${thrown}.`;
    report(diagnose('plugin-failed', { plugin: name, reason }, { span: head }));
    return undefined;
  }
}
