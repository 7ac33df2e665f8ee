import type { Diagnostic } from '../base/diagnostic.js';

/** Takes one mistake. */
export type Report = (diagnostic: Diagnostic) => void;
