import type { JsonObject } from '../base/json.js';
import type { ArtifactType } from '../base/plugin-kinds.js';
import type { BackendInfo } from './contract/backend.js';
import type { StageKey } from './stage-key.js';

/** What will happen, frozen before the first stage starts. Plain JSON, so that it can be kept with the run. */
export type Plan = {
  readonly phase: 'planned';
  readonly pipeline: string;
  /** The pipeline file as the user named it. */
  readonly file: string;
  /** Its absolute path. */
  readonly path: string;
  readonly seed: number;
  readonly params: JsonObject;
  readonly backend: BackendInfo;
  /** In an order in which every stage comes after its inputs. */
  readonly stages: readonly PlannedStage[];
};

export type PlannedStage = {
  readonly name: string;
  readonly kind: string;
  /** The line of the pipeline file, counted from 1, on which its block begins. */
  readonly line: number;
  readonly resource: 'cpu' | 'gpu';
  readonly output: ArtifactType;
  readonly options: JsonObject;
  /** By the stage's name in the file. */
  readonly inputs: readonly { readonly stage: string; readonly fingerprint: string }[];
  /** The longest way from a stage without inputs. */
  readonly layer: number;
  readonly fingerprint: string;
  readonly key: StageKey;
  readonly action: 'run' | 'cached' | 'resume';
  readonly reason: string;
  /** An earlier stage with the same fingerprint; its result serves both. */
  readonly twin: string | null;
  /** The largest memory of its worker, in bytes, as far as it is known before the run. */
  readonly memory?: { readonly bytes: number; readonly atLeast?: true };
  /** Folders that receive a copy of the artifact, as absolute paths. */
  readonly outputFolders: readonly string[];
};
