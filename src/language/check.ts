import type { Diagnostic } from '../base/diagnostic.js';
import { positionOf } from '../base/source-position.js';
import type { Span } from '../base/span.js';
import type { StageCheck, StructureCheck } from './checks/check.js';
import { knownKinds } from './checks/known-kinds.js';
import { metrics } from './checks/metrics.js';
import { noCycles } from './checks/no-cycles.js';
import { onePipeline } from './checks/one-pipeline.js';
import { overrides } from './checks/overrides.js';
import { placement } from './checks/placement.js';
import { stageRules } from './checks/stage-rules.js';
import { uniqueNames } from './checks/unique-names.js';
import { unusedParams } from './checks/unused-params.js';
import { version } from './checks/version.js';
import { elaborate, type Elaborated } from './options/elaborate.js';
import type { Report } from './report.js';
import type { Program } from './resolve.js';

/** Rules about the file as written. */
const structureChecks: readonly StructureCheck[] = [
  version,
  onePipeline,
  placement,
  uniqueNames,
  knownKinds,
  overrides,
  unusedParams,
];

/** In order, after every setting has been read: each asks only stages that the earlier ones found sound. */
const stageChecks: readonly StageCheck[] = [metrics, stageRules, noCycles];

/** A program that was read as far as possible, and everything that is wrong with it, in the order of the text. */
export interface Checked {
  readonly elaborated: Elaborated;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks everything that can be known before a run. */
export function check(program: Program): Checked {
  const diagnostics: Diagnostic[] = [...program.parsed.diagnostics];
  const report: Report = (diagnostic) => diagnostics.push(diagnostic);
  if (program.parsed.isGuess) {
    return { elaborated: { program, stages: [], pipelineOptions: {} }, diagnostics };
  }
  for (const rule of structureChecks) rule(program, report);
  const elaborated = elaborate(program, report);
  for (const rule of stageChecks) rule(elaborated, report);
  const telling = diagnostics.filter((diagnostic) => !isEcho(diagnostic, program));
  return { elaborated, diagnostics: inOrder(unrepeated(telling), program) };
}

/** What was read of a line that breaks off at an unexpected token is a guess, so nothing more is said about it. */
function isEcho(diagnostic: Diagnostic, { parsed }: Program): boolean {
  if (parsed.diagnostics.includes(diagnostic)) return false;
  const { span } = diagnostic;
  return parsed.diagnostics.some(
    (other) =>
      other.code === 'unexpected-token' &&
      other.span.source === span.source &&
      lineOf(other.span) === lineOf(span),
  );
}

function lineOf({ source, start }: Span): number {
  return positionOf(source, start).line;
}

/** A param used in many places fails in each of them; one report is enough. */
function unrepeated(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ code, span }) => {
    const key = `${code} ${span.source.file} ${span.start} ${span.end}`;
    return !seen.has(key) && seen.add(key);
  });
}

function inOrder(diagnostics: readonly Diagnostic[], { file }: Program): readonly Diagnostic[] {
  const rank = ({ span }: Diagnostic): number => (span.source === file.span.source ? span.start : -1);
  return [...diagnostics].sort((left, right) => rank(left) - rank(right));
}
