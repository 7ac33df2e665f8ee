import { existsSync, readFileSync } from 'node:fs';
import { dirname, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a file imports when it is loaded: types and `import()` are not, they cost nothing then. */
const staticImport = /^(?:import|export)\s(?!type\s)(?:[^;'"]*?\sfrom\s)?'([^']+)'/gm;

/** The way from a file to a package through static imports, file by file; undefined where there is none. */
function wayTo(start: string, packages: RegExp): readonly string[] | undefined {
  const ways = [[`${root}${start}`]];
  const seen = new Set(ways[0]);
  for (const way of ways) {
    const file = way.at(-1) ?? '';
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(staticImport)) {
      if (packages.test(name)) return [...way.map((step) => relative(root, step)), name];
      const next = normalize(`${dirname(file)}/${name}`).replace(/\.js$/, '.ts');
      if (!name.startsWith('.') || seen.has(next) || !existsSync(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

test.each(['src/plugins/index.ts', 'src/cli/compose.ts', 'src/cli/program.ts', 'src/index.ts'])(
  'loading %s, as hpl check and hpl plan do, loads neither tensors nor observables nor the plugin loader',
  (start) => {
    expect(wayTo(start, /^(@tensorflow\/|rxjs|jiti|@huggingface\/)/)).toBeUndefined();
  },
);

test('the way to a package is found', () => {
  expect(wayTo('src/cli/start-run.ts', /^rxjs$/)).toEqual(
    expect.arrayContaining(['src/cli/start-run.ts', 'rxjs']),
  );
});
