import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile, sha256 } from '../base/hash.js';
import { reasonOf } from '../base/reason.js';
import { failed, ok, type Result } from '../base/result.js';
import { codeOf } from '../base/system-error.js';

/** What a pipeline may name by a path that it reads. */
export type PathKind = 'file' | 'folder' | 'either';

/** SHA-256 of a file's content or of a folder's names and contents; the error says in words why there is none. */
export async function hashContent(path: string, kind: PathKind): Promise<Result<string, string>> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    if (isFolder && kind === 'file') return failed(`${path} is a folder, and a file is needed`);
    if (!isFolder && kind === 'folder') return failed(`${path} is a file, and a folder is needed`);
    return ok(await (isFolder ? hashFolder(path) : hashFile(path)));
  } catch (error) {
    return failed(explain(path, error));
  }
}

async function hashFolder(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    const content = (await stat(path)).isDirectory() ? await hashFolder(path) : await hashFile(path);
    lines.push(`${JSON.stringify(name)} ${content}`);
  }
  return sha256(lines.join('\n'));
}

function explain(path: string, error: unknown): string {
  const code = codeOf(error);
  if (code === 'ENOENT') return `there is nothing at ${path}`;
  if (code === 'EACCES') return `${path} cannot be read by this user`;
  return `${path} cannot be read: ${reasonOf(error)}`;
}
