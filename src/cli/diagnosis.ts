import { suits } from '../plugins/backends/standard-backends.js';
import type { CaseResult } from '../model/conformance/run-conformance.js';
import type { BackendStatus } from '../runtime/contract/backend.js';

/** What the doctor found out about this machine. `hpl doctor --json` prints it as it is. */
export interface Diagnosis {
  readonly hpl: string;
  readonly node: string;
  readonly platform: string;
  readonly processors: number;
  readonly memoryBytes: number;
  /** In the order in which `backend = auto` tries them. */
  readonly backends: readonly BackendDiagnosis[];
}

/** One backend. */
export interface BackendDiagnosis {
  readonly name: string;
  readonly status: BackendStatus;
  /** Only where the comparison was asked for and the backend is ready. */
  readonly conformance?: Conformance;
}

/** What came of computing every operation: results, or why there are none. */
export type Conformance =
  | { readonly completed: true; readonly cases: readonly CaseResult[] }
  | { readonly completed: false; readonly reason: string };

/** The name of the backend that `backend = auto` takes; nothing where none is ready. */
export function automaticBackend({ backends }: Diagnosis): string | undefined {
  return backends.find(({ status }) => status.ready && suits(status.info))?.name;
}

/** Whether every comparison that was made came out well. */
export function conforms({ backends }: Diagnosis): boolean {
  return backends.every(
    ({ conformance }) => conformance === undefined || deviations(conformance).length === 0,
  );
}

/** Sentences about everything that is not as on `cpu`. */
export function deviations(conformance: Conformance): readonly string[] {
  if (!conformance.completed) return [conformance.reason];
  return conformance.cases.flatMap((result) => {
    if (result.outcome === 'agrees') return [];
    if (result.outcome === 'fails') return [`${result.name} fails: ${result.reason}`];
    const distance = Number.isFinite(result.worst)
      ? `${result.worst.toPrecision(3)} times`
      : 'infinitely more than';
    return [`${result.name}: the ${result.place} differs by ${distance} what is allowed.`];
  });
}
