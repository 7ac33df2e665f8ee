import { define, diagnoserOf } from '../base/diagnostic-table.js';

/** Mistakes that show only when the files that a pipeline names are looked at. Each code has a page in docs/diagnostics. */
export const planDiagnostics = {
  'unreadable-path': define<{ stage: string; path: string; reason: string }>({
    severity: 'error',
    message: ({ stage, path, reason }) =>
      `The stage "${stage}" reads "${path}", but ${reason}. Paths are relative to the pipeline file.`,
  }),
} as const;

/** Makes a diagnostic of planning. */
export const diagnosePlan = diagnoserOf(planDiagnostics);
