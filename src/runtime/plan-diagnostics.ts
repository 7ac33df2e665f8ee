import { define, diagnoserOf } from '../base/diagnostic-table.js';

/** Mistakes that show only when the files that a pipeline names, and the machine, are looked at. Each code has a page in docs/diagnostics. */
export const planDiagnostics = {
  'unreadable-path': define<{ stage: string; path: string; reason: string }>({
    severity: 'error',
    message: ({ stage, path, reason }) =>
      `The stage "${stage}" reads "${path}", but ${reason}. Paths are relative to the pipeline file.`,
  }),
  'exceeds-memory': define<{ excess: string }>({
    severity: 'error',
    message: ({ excess }) => excess,
  }),
  'not-on-this-machine': define<{ message: string }>({
    severity: 'error',
    message: ({ message }) => message,
  }),
} as const;

/** Makes a diagnostic of planning. */
export const diagnosePlan = diagnoserOf(planDiagnostics);
