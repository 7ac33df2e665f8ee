import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile, sha256 } from '../base/hash.js';

/**
 * One hash over the code in some folders: every JavaScript or TypeScript file with its place, in a stable order.
 * Declarations and maps do not count, since they compute nothing.
 */
export async function hashCode(folders: readonly string[]): Promise<string> {
  const lines = await Promise.all(folders.map((folder) => hashFolder(folder, '')));
  return sha256(lines.flat().join('\n'));
}

async function hashFolder(folder: string, inside: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, inside), { withFileTypes: true });
  const lists = await Promise.all(
    entries
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .map(async (entry) => {
        const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
        if (entry.isDirectory()) return hashFolder(folder, path);
        return isCode(entry.name) ? [`${path} ${await hashFile(join(folder, path))}`] : [];
      }),
  );
  return lists.flat();
}

function isCode(name: string): boolean {
  return /\.(js|ts|mjs|json)$/.test(name) && !name.endsWith('.d.ts');
}
