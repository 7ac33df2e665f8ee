import { diagnoserOf } from '../base/diagnostic-table.js';
import { nameDiagnostics } from './diagnostics/names.js';
import { structureDiagnostics } from './diagnostics/structure.js';
import { syntaxDiagnostics } from './diagnostics/syntax.js';
import { valueDiagnostics } from './diagnostics/values.js';

/** Every mistake that the language reports. Each code has a page in docs/diagnostics. */
export const languageDiagnostics = {
  ...syntaxDiagnostics,
  ...structureDiagnostics,
  ...nameDiagnostics,
  ...valueDiagnostics,
} as const;

/** Makes a diagnostic of the language. */
export const diagnose = diagnoserOf(languageDiagnostics);
