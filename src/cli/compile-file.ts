import type { Diagnostic } from '../base/diagnostic.js';
import { CommandFailure } from './command-failure.js';
import type { PlanningOptions } from './planning-options.js';
import { compilePipeline, type Compiled, planPipeline, type Planned, type PlanRefusal } from './compose.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { readSource } from './read-source.js';
import { backendNotReady, requireBackend } from './refused-backend.js';
import { complain } from './show-diagnostics.js';

/** Mistakes were shown already; only the exit code is left to give. */
class Refused extends CommandFailure {
  constructor(exitCode: number) {
    super('', exitCode);
  }
}

/** Compiles a pipeline file for a command that goes on with it; shows warnings, or every mistake and fails. */
export async function compileFile(file: string, options: PlanningOptions, io: Io): Promise<Compiled> {
  const source = await readSource(file, io);
  const compiled = await compilePipeline(source, { set: options.set ?? {}, backends: options.backend ?? [] });
  if (!compiled.ok) throw refusedBy(compiled.error, io);
  for (const name of options.backend ?? []) requireBackend(name, compiled.value.catalogue);
  if (compiled.value.warnings.length > 0) complain(compiled.value.warnings, io);
  return compiled.value;
}

/** Compiles and plans a pipeline file, or fails in the user's words. Writes nothing to the store. */
export async function planFile(file: string, options: PlanningOptions, io: Io): Promise<Planned> {
  const planned = await planPipeline(await compileFile(file, options, io), options.store);
  if (!planned.ok) throw refusedPlan(planned.error, io);
  return planned.value;
}

/** The failure of a pipeline that cannot be planned. Diagnostics are shown at once. */
export function refusedPlan(refusal: PlanRefusal, io: Io): CommandFailure {
  if (refusal.kind === 'diagnostics') return refusedBy(refusal.diagnostics, io);
  if (refusal.kind === 'setting') return new CommandFailure(refusal.message);
  return backendNotReady(refusal.name, refusal);
}

/** What is wrong with the machine and not with the file. */
const unavailable = new Set(['plugin-load-failed', 'exceeds-memory', 'not-on-this-machine']);

function refusedBy(diagnostics: readonly Diagnostic[], io: Io): CommandFailure {
  complain(diagnostics, io);
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const isUnavailable = errors.length > 0 && errors.every(({ code }) => unavailable.has(code));
  return new Refused(isUnavailable ? exitCodes.unavailable : exitCodes.invalid);
}
