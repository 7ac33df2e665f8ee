import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Source } from '../base/span.js';
import { CommandFailure } from './command-failure.js';
import type { Io } from './io.js';
import { didYouMean } from './suggestion.js';

/** Reads a pipeline file, or standard input for `-`. Fails in the user's words where it cannot be read. */
export async function readSource(file: string, io: Io): Promise<Source> {
  if (file === '-') return { file: 'standard input', text: await io.readInput() };
  try {
    return { file, text: await readFile(file, 'utf8') };
  } catch (error) {
    throw new CommandFailure(await unreadable(file, error as NodeJS.ErrnoException));
  }
}

async function unreadable(file: string, error: NodeJS.ErrnoException): Promise<string> {
  switch (error.code) {
    case 'ENOENT':
      return `There is no file "${file}".${didYouMean(file, await neighbours(file))}`;
    case 'EISDIR':
      return `"${file}" is a folder; name the pipeline files in it, such as ${join(file, '*.hpl')}.`;
    case 'EACCES':
      return `The file "${file}" may not be read: permission is denied.`;
    default:
      return `The file "${file}" cannot be read: ${error.message}.`;
  }
}

/** Pipeline files beside the one that is missing, written as it was. */
async function neighbours(file: string): Promise<readonly string[]> {
  const folder = dirname(file);
  const names = await readdir(folder).catch(() => []);
  const prefix = file.slice(0, file.length - basename(file).length);
  return names.filter((name) => extname(name) === '.hpl').map((name) => `${prefix}${name}`);
}
