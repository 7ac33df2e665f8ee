import type { JsonObject } from '../../base/json.js';
import type { ArtifactType } from '../../base/plugin-kinds.js';

/** A published, immutable result of a stage, as another stage sees it. */
export interface Artifact {
  readonly type: ArtifactType;
  /** The stage's fingerprint: the artifact's address in every store. */
  readonly fingerprint: string;
  /** Absolute path of its folder in this store. Read-only. */
  readonly folder: string;
  /** What the stage said about it in its `output` event. */
  readonly summary: JsonObject;
}
