import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRecord } from '../runtime/store/artifact-record.js';
import { storeLayout } from '../runtime/store/layout.js';
import { listRuns, readPlan } from '../runtime/store/run-folder.js';
import { CommandFailure } from './command-failure.js';
import { placeOf, storesOf } from './find-run.js';
import { didYouMean } from './suggestion.js';

/** What holds a model: a Hugging Face folder, a run's artifact with its delta to other artifacts, or a GGUF file. */
export interface FoundModel {
  readonly kind: 'hugging-face' | 'artifact' | 'gguf';
  /** Absolute path of the folder or file. */
  readonly path: string;
}

/** The shortest start of a fingerprint that is taken for one. */
const shortestPrefix = 4;

/** The model of a path, of a fingerprint or the start of one, or of a stage of a run. Fails in the user's words. */
export async function findModel(name: string, store: string | undefined): Promise<FoundModel> {
  if (existsSync(name)) return atPath(name);
  const artifact = byFingerprint(name, store) ?? (await byStage(name, store));
  if (artifact !== undefined) return fromArtifact(artifact, name);
  const suggestion = didYouMean(name, await stageNames(store));
  throw new CommandFailure(
    `"${name}" is no folder or file, and no fingerprint and no stage of a run ${placeOf(store)}.${suggestion} ` +
      'Give a folder with a config.json or a GGUF file, or run a pipeline that makes the model first.',
  );
}

function atPath(path: string): FoundModel {
  // A file of another kind is refused by its content, when it is read.
  if (statSync(path).isFile()) return { kind: 'gguf', path: resolve(path) };
  const found = modelIn(resolve(path));
  if (found !== undefined) return found;
  throw new CommandFailure(
    `"${path}" holds no model: neither config.json of a Hugging Face folder nor model.json of an artifact is there.`,
  );
}

function modelIn(folder: string): FoundModel | undefined {
  if (existsSync(join(folder, 'model.json'))) return { kind: 'artifact', path: folder };
  return existsSync(join(folder, 'config.json')) ? { kind: 'hugging-face', path: folder } : undefined;
}

function fromArtifact(folder: string, name: string): FoundModel {
  const found = modelIn(resolve(folder));
  if (found !== undefined) return found;
  const kind = readRecord(folder)?.kind;
  throw new CommandFailure(
    kind === undefined
      ? `The artifact of "${name}" is not in the store. Run its pipeline again.`
      : `"${name}" was made by a stage of kind "${kind}", which gives no model.`,
  );
}

function byFingerprint(start: string, store: string | undefined): string | undefined {
  if (start.length < shortestPrefix || !/^[0-9a-f]+$/.test(start)) return undefined;
  const matching = storesOf(store)
    .map((root) => storeLayout(root).artifacts)
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((fingerprint) => fingerprint.startsWith(start))
        .map((fingerprint) => join(folder, fingerprint)),
    );
  if (matching.length < 2) return matching[0];
  throw new CommandFailure(
    `${matching.length} artifacts begin with "${start}". Give more of the fingerprint.`,
  );
}

/** The artifact of the stage of that name in the latest run that has one. */
async function byStage(name: string, store: string | undefined): Promise<string | undefined> {
  for (const { stages, artifacts } of await plannedRuns(store)) {
    const stage = stages.find((planned) => planned.name === name);
    if (stage !== undefined) return join(artifacts, stage.fingerprint);
  }
  return undefined;
}

async function stageNames(store: string | undefined): Promise<readonly string[]> {
  return (await plannedRuns(store)).flatMap(({ stages }) => stages.map(({ name }) => name));
}

interface PlannedRun {
  readonly id: string;
  readonly artifacts: string;
  readonly stages: readonly { readonly name: string; readonly fingerprint: string }[];
}

/** Newest first; the names of runs begin with the time of their start. */
async function plannedRuns(store: string | undefined): Promise<readonly PlannedRun[]> {
  const found: PlannedRun[] = [];
  for (const layout of storesOf(store).map(storeLayout)) {
    for (const run of await listRuns(layout)) {
      const plan = await readPlan(run);
      if (plan !== undefined) found.push({ id: run.id, artifacts: layout.artifacts, stages: plan.stages });
    }
  }
  return found.sort((left, right) => (left.id < right.id ? 1 : -1));
}
