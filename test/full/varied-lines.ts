import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootSeed } from '../../src/base/seed.js';

const root = join(import.meta.dirname, '../..');
/** Writing systems, signs and spaces that tokenizers treat differently, as ranges of code points. */
const ranges = [
  [0x20, 0x7e],
  [0xa0, 0x17f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x4ff],
  [0x590, 0x6ff],
  [0x900, 0x97f],
  [0x0e00, 0x0e7f],
  [0x2000, 0x206f],
  [0x2190, 0x22ff],
  [0x3040, 0x30ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xff00, 0xffee],
  [0x1f300, 0x1f6ff],
] as const;
const spaces = [' ', '  ', '\t', '    ', '\n', '\r\n', '\u00a0', '\u3000'];

/** Lines of prose, code and markup from this repository, and lines of drawn characters: always the same. */
export async function variedLines(): Promise<readonly string[]> {
  const code = await textsIn('src/language');
  const markup = await textsIn('docs/diagnostics');
  const prose = (await readFile(join(root, 'data/speeches.jsonl'), 'utf8')).slice(0, 200_000);
  const lines = [...code, ...markup, prose.replaceAll(String.raw`\n`, '\n')]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .map((line) => line.slice(0, 400));
  // Every second: parts of all, not all of a part.
  return [...lines.filter((_, index) => index % 2 === 0), ...drawnLines(1000)];
}

async function textsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(join(root, folder))).filter((name) => /\.(ts|md)$/.test(name)).sort();
  return Promise.all(names.map((name) => readFile(join(root, folder, name), 'utf8')));
}

/** Words of one writing system each, with spaces of many kinds between. */
function drawnLines(count: number): readonly string[] {
  const random = rootSeed(11).child('lines').stream();
  const character = ([first, last]: readonly [number, number]): string =>
    String.fromCodePoint(first + random.integer(last - first + 1));
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.integer(8) }, () => {
      const range = ranges[random.integer(ranges.length)]!;
      return (
        Array.from({ length: 1 + random.integer(6) }, () => character(range)).join('') +
        spaces[random.integer(spaces.length)]!
      );
    }).join(''),
  );
}
