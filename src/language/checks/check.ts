import type { Elaborated } from '../options/elaborate.js';
import type { Report } from '../report.js';
import type { Program } from '../resolve.js';

/** A rule about the file as written. */
export type StructureCheck = (program: Program, report: Report) => void;

/** A rule about stages whose settings have been read. */
export type StageCheck = (elaborated: Elaborated, report: Report) => void;
