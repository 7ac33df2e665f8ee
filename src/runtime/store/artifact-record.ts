import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hashFile } from '../../base/hash.js';
import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { ArtifactType } from '../../base/plugin-kinds.js';
import { failed, ok, type Result } from '../../base/result.js';
import type { StageKey } from '../stage-key.js';

export const artifactSchema = 'hpl.artifact/1';
export const recordName = 'artifact.json';

/** One file of an artifact, by its path inside the folder. */
export type ArtifactFile = {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
};

/** A judged `require`, replayed when the artifact is found again. */
export type GateRecord = {
  readonly condition: string;
  readonly met: boolean;
  readonly explanation: string;
};

/** What `artifact.json` says about the folder that it lies in. */
export type ArtifactRecord = {
  readonly schema: typeof artifactSchema;
  readonly type: ArtifactType;
  /** The name of the stage that made it first; another pipeline may call it otherwise. */
  readonly stage: string;
  readonly kind: string;
  readonly fingerprint: string;
  readonly key: StageKey;
  readonly summary: JsonObject;
  readonly gates: readonly GateRecord[];
  readonly files: readonly ArtifactFile[];
  readonly seconds: number;
};

/** How thoroughly a stored artifact is looked at: the sizes of its files, or their content too. */
export type Thoroughness = 'sizes' | 'content';

/** Reads an artifact's record and verifies its files. The error says in words what is damaged; undefined: no such artifact. */
export async function readArtifact(
  folder: string,
  thoroughness: Thoroughness,
): Promise<Result<ArtifactRecord, string> | undefined> {
  const text = await readFile(join(folder, recordName), 'utf8').catch(() => undefined);
  if (text === undefined) {
    const exists = await stat(folder)
      .then(() => true)
      .catch(() => false);
    return exists ? failed(`${recordName} is missing`) : undefined;
  }
  const record = parseRecord(text);
  if (record?.fingerprint !== basename(folder)) return failed(`${recordName} is damaged`);
  const damage = await findDamage(folder, record, thoroughness);
  return damage === undefined ? ok(record) : failed(damage);
}

/** The record of an artifact without a look at its files; undefined where there is none that can be read. */
export function readRecord(folder: string): ArtifactRecord | undefined {
  try {
    return parseRecord(readFileSync(join(folder, recordName), 'utf8'));
  } catch {
    return undefined;
  }
}

function parseRecord(text: string): ArtifactRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value) || value['schema'] !== artifactSchema) return undefined;
    return Array.isArray(value['files']) ? (value as ArtifactRecord) : undefined;
  } catch {
    return undefined;
  }
}

async function findDamage(
  folder: string,
  record: ArtifactRecord,
  thoroughness: Thoroughness,
): Promise<string | undefined> {
  for (const file of record.files) {
    const path = join(folder, file.path);
    const size = await stat(path)
      .then((found) => found.size)
      .catch(() => undefined);
    if (size === undefined) return `its file ${file.path} is missing`;
    if (size !== file.bytes) return `its file ${file.path} has ${size} bytes, not ${file.bytes}`;
    if (thoroughness === 'content' && (await hashFile(path)) !== file.sha256) {
      return `the content of its file ${file.path} has changed`;
    }
  }
  return undefined;
}
