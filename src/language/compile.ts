import type { Diagnostic } from '../base/diagnostic.js';
import { failed, ok, type Result } from '../base/result.js';
import type { Signatures } from '../base/signatures.js';
import type { Source } from '../base/span.js';
import { buildPipeline } from './build-pipeline.js';
import { check } from './check.js';
import type { CheckedPipeline } from './checked-pipeline.js';
import { resolve, type Overrides } from './resolve.js';

/** A pipeline that can be planned, and what its author should know nevertheless. */
export interface Compilation {
  readonly pipeline: CheckedPipeline;
  readonly warnings: readonly Diagnostic[];
}

/**
 * From text to a pipeline that can be planned. Fails with everything that is wrong, errors and warnings in the order of
 * the text. Plugins named by `use` must be among the signatures: load them first, by `usesOf`.
 */
export function compile(
  source: Source,
  signatures: Signatures,
  options: { readonly set: Overrides } = { set: {} },
): Result<Compilation, readonly Diagnostic[]> {
  const program = resolve(source, signatures, options.set);
  const { elaborated, diagnostics } = check(program);
  const pipeline = buildPipeline(elaborated);
  const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
  if (hasErrors || pipeline === undefined) return failed(diagnostics);
  return ok({ pipeline, warnings: diagnostics });
}
