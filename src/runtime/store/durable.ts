import { open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Waits until a file's or folder's content is on the disk itself. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Paths of all files below a folder, relative to it, in a stable order; links count as what they point to. */
export async function listFiles(folder: string, inside = ''): Promise<readonly string[]> {
  const names = (await readdir(join(folder, inside))).sort();
  const lists = await Promise.all(
    names.map(async (name) => {
      const path = inside === '' ? name : `${inside}/${name}`;
      const isFolder = (await stat(join(folder, path))).isDirectory();
      return isFolder ? listFiles(folder, path) : [path];
    }),
  );
  return lists.flat();
}

/** Flushes every file and folder below a folder, and the folder. */
async function flushTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await flushTree(path);
    else if (entry.isFile()) await flush(path);
  }
  await flush(folder);
}

/** Gives a folder its final name, so that nobody ever sees it half written; survives a power cut. */
export async function publishFolder(from: string, to: string): Promise<void> {
  await flushTree(from);
  await rename(from, to);
  await flush(dirname(to));
}

/** Writes a whole file or nothing. */
export async function writeWholeFile(path: string, content: string): Promise<void> {
  const draft = `${path}.draft`;
  try {
    await writeFile(draft, content);
    await flush(draft);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
