import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { ArtifactType } from '../../base/plugin-kinds.js';
import { InternalError } from '../../base/unreachable.js';
import type { StageKey } from '../stage-key.js';

export const workOrderSchema = 'hpl.work-order/1';

/** Everything that a process needs to run one stage, as one JSON document; nothing else is handed to it. */
export type WorkOrder = {
  readonly schema: typeof workOrderSchema;
  readonly run: string;
  readonly stage: string;
  readonly kind: string;
  readonly output: ArtifactType;
  readonly fingerprint: string;
  readonly key: StageKey;
  readonly options: JsonObject;
  readonly inputs: readonly { readonly stage: string; readonly fingerprint: string }[];
  /** The path of the stage's seed. */
  readonly seed: string;
  /** The backend component to start before a gpu stage; null for cpu stages. */
  readonly backend: JsonObject | null;
  /** Plugin files to load, as absolute paths. */
  readonly uses: readonly string[];
  /** The pipeline file's folder, against which paths in options are resolved. */
  readonly pipelineFolder: string;
  readonly store: string;
  readonly checkpointSeconds: number;
};

/** Reads a work order. One of another version is refused, since it would be misunderstood. */
export function parseWorkOrder(text: string): WorkOrder {
  const value: unknown = JSON.parse(text);
  if (isJsonObject(value) && value['schema'] === workOrderSchema) return value as WorkOrder;
  throw new InternalError(`this is no work order of version ${workOrderSchema}`);
}
