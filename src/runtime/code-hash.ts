import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { hashFile, sha256 } from '../base/hash.js';

/**
 * One hash over the code in some folders: every file of JavaScript, TypeScript, Python or C++ with its place, in a stable
 * order. Declarations and maps do not count, since they compute nothing.
 */
export async function hashCode(folders: readonly string[]): Promise<string> {
  const lines = await Promise.all(folders.map((folder) => hashFolder(folder, '')));
  return sha256(lines.flat().join('\n'));
}

/** Relative paths in `import`, `export … from`, `import()` and `require()`. */
const imported = /\b(?:from|import|require)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g;

/**
 * One hash over a file of code and all that it imports by a relative path, and so on; packages do not count. Rejects
 * when the file itself cannot be read.
 */
export async function hashModule(file: string): Promise<string> {
  const hashes = new Map<string, string>();
  const add = async (path: string): Promise<void> => {
    if (hashes.has(path)) return;
    const text = await readFile(path, 'utf8');
    hashes.set(path, sha256(text));
    for (const [, , specifier = ''] of text.matchAll(imported)) {
      const target = await resolveImport(resolve(dirname(path), specifier));
      if (target !== undefined) await add(target);
    }
  };
  await add(file);
  // Places count relative to the file, so that a project can be moved.
  const lines = [...hashes].map(([path, hash]) => `${relative(dirname(file), path)} ${hash}`);
  return sha256(lines.sort().join('\n'));
}

/** The file that an import without the ending, or with the ending of compiled code, means; undefined where none is. */
async function resolveImport(path: string): Promise<string | undefined> {
  const bare = path.replace(/\.[cm]?js$/, '');
  const endings = ['.ts', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js'];
  for (const candidate of [path, ...endings.map((ending) => `${bare}${ending}`)]) {
    if (await isFile(candidate)) return candidate;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
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
  return /\.(js|ts|mjs|json|py|cc|h)$/.test(name) && !name.endsWith('.d.ts');
}
