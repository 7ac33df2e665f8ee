import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Result } from '../../base/result.js';
import type { Checkpoint } from '../contract/stage.js';
import type { StageKey } from '../stage-key.js';
import { type ArtifactRecord, readArtifact, type Thoroughness } from './artifact-record.js';
import { latestCheckpoint } from './checkpoint-folder.js';
import { type StoreLayout, storeLayout } from './layout.js';
import { listRuns, readPlan } from './run-folder.js';

/** What planning may ask a store. A store that does not exist yet is an empty one. */
export interface StoreView {
  /** The artifact's record, or in words what is damaged; undefined when there is none. */
  artifact(fingerprint: string): Promise<Result<ArtifactRecord, string> | undefined>;
  checkpoint(fingerprint: string): Checkpoint | undefined;
  /** What the stage of this name depended on in the latest run of the pipeline file (an absolute path) that had it. */
  lastKey(
    path: string,
    stage: string,
  ): Promise<{ readonly key: StageKey; readonly fingerprint: string } | undefined>;
  /** The keys of all artifacts that a kind of stage made. */
  keysOfKind(kind: string): Promise<readonly StageKey[]>;
}

/** Looks at the store in a folder. Writes nothing. */
export function viewStore(root: string, thoroughness: Thoroughness = 'sizes'): StoreView {
  const layout = storeLayout(root);
  return {
    artifact: (fingerprint) => readArtifact(join(layout.artifacts, fingerprint), thoroughness),
    checkpoint: (fingerprint) => latestCheckpoint(layout, fingerprint),
    lastKey: (path, stage) => lastKey(layout, path, stage),
    keysOfKind: (kind) => keysOfKind(layout, kind),
  };
}

async function lastKey(
  layout: StoreLayout,
  path: string,
  stage: string,
): Promise<{ readonly key: StageKey; readonly fingerprint: string } | undefined> {
  for (const run of await listRuns(layout)) {
    const earlier = await readPlan(run);
    const found = earlier?.path === path ? earlier.stages.find(({ name }) => name === stage) : undefined;
    if (found !== undefined) return { key: found.key, fingerprint: found.fingerprint };
  }
  return undefined;
}

async function keysOfKind(layout: StoreLayout, kind: string): Promise<readonly StageKey[]> {
  const names = await readdir(layout.artifacts).catch(() => []);
  const records = await Promise.all(names.map((name) => readArtifact(join(layout.artifacts, name), 'sizes')));
  return records.flatMap((record) =>
    record?.ok === true && record.value.kind === kind ? [record.value.key] : [],
  );
}
