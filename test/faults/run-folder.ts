import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelWith } from './bad-models.js';
import { shortSpeeches } from './short-speeches.js';

/** A new folder with a pipeline file `p.hpl`, the model `m` that it names, and some speeches of this length. */
export function runFolder(pipeline: string, length?: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-run-'));
  modelWith(folder, 'm', {});
  writeFileSync(join(folder, 'speeches.jsonl'), shortSpeeches(length));
  writeFileSync(join(folder, 'p.hpl'), pipeline);
  return folder;
}
