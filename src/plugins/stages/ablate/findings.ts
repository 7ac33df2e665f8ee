import { coverageOf, type Coverage, type KeyScope } from '../../evaluation/coverage.js';
import { failureSignatures, type Signature } from '../../evaluation/failure-signatures.js';
import type { LinearShares } from '../../evaluation/linear-share.js';
import type { TaskResults } from '../../evaluation/measurement.js';

/** What was measured, and under which conditions. */
export interface Measured extends KeyScope {
  readonly stage: string;
  readonly renormalise: boolean;
  readonly tasks: readonly TaskResults[];
  readonly shares: LinearShares | undefined;
}

/** Everything that an ablation found. */
export interface Ablation extends Measured {
  /** By task. */
  readonly coverage: ReadonlyMap<string, Coverage>;
  readonly signatures: readonly Signature[];
  /** False for a branch that has no keys by construction at any scored position of a task. */
  readonly applicable: (branch: string, task: string) => boolean;
}

/** Reads the measurements: where the linear branch could show itself, and which failure signatures stand in them. */
export function findAblation(measured: Measured): Ablation {
  const { tasks, shares } = measured;
  const coverage = new Map(tasks.map((task) => [task.name, coverageOf(task.items, measured)]));
  return {
    ...measured,
    coverage,
    signatures: failureSignatures({ tasks, scope: measured, shares }),
    applicable: (branch, task) => branch !== 'linear' || (coverage.get(task)?.withKeys ?? 0) > 0,
  };
}
