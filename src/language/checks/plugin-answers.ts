import { reasonOf } from '../../base/reason.js';
import { diagnose } from '../diagnostics.js';
import type { ElaboratedStage } from '../options/elaborate.js';
import type { Report } from '../report.js';

/** Asks a plugin about its stage. One that throws is reported, and counts as having no answer. */
export function askPlugin<Answer>(
  { signature, head }: ElaboratedStage,
  report: Report,
  ask: () => Answer,
): Answer | undefined {
  try {
    return ask();
  } catch (error) {
    const thrown = reasonOf(error);
    const reason = /[.!?]$/.test(thrown) ? thrown : `${thrown}.`;
    report(diagnose('plugin-failed', { plugin: signature.kind, reason }, { span: head }));
    return undefined;
  }
}
