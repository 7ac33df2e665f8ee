import { dirname } from 'node:path';
import type { ComponentValue } from '../base/signatures.js';
import type { Plan, PlannedStage } from './planned.js';
import { type WorkOrder, workOrderSchema } from './worker/work-order.js';

/** What a work order says besides the stage and the plan. */
export interface OrderParts {
  readonly run: string;
  /** Absolute path. */
  readonly store: string;
  readonly backend: ComponentValue;
  readonly uses: readonly string[];
  readonly checkpointSeconds: number;
}

/** The work order of one stage. */
export function buildOrder(plan: Plan, stage: PlannedStage, parts: OrderParts): WorkOrder {
  return {
    schema: workOrderSchema,
    run: parts.run,
    stage: stage.name,
    kind: stage.kind,
    output: stage.output,
    fingerprint: stage.fingerprint,
    key: stage.key,
    options: stage.options,
    inputs: stage.inputs,
    seed: stage.key.seed,
    backend: stage.resource === 'gpu' ? parts.backend : null,
    uses: parts.uses,
    pipelineFolder: dirname(plan.path),
    store: parts.store,
    checkpointSeconds: parts.checkpointSeconds,
  };
}
