import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { standardPlugins } from '../../src/plugins/index.js';
import { createCatalogue } from '../../src/runtime/catalogue.js';
import { defineComponent, type Plugin } from '../../src/runtime/contract/plugin.js';
import { loadPlugins } from '../../src/runtime/load-plugins.js';
import { lintSchema } from '../../src/runtime/options-schema.js';
import { bakery, catalogueOf } from './pipeline.js';

const yeast = (name: string, changes: object = {}): Plugin => ({
  ...defineComponent({ kind: 'optimizer', name, summary: 'Rises.', create: () => null }),
  ...changes,
});

test('a catalogue finds plugins by kind and name, and gives the language what it has to know', () => {
  const catalogue = catalogueOf(...bakery);
  expect([...catalogue.signatures.stages.keys()]).toEqual(['mill', 'oven']);
  expect(catalogue.signatures.components.get('optimizer')?.get('wild')).toBe(bakery[2]);
  expect(catalogue.stage('mill')).toBe(bakery[0]);
  expect(() => catalogue.component('mix', 'wild')).toThrow(
    'Internal error: no plugin "mix wild" is registered',
  );
});

test('duplicates, other API versions and careless schemas are refused, each with its file, all at once', () => {
  const found = createCatalogue([
    { plugins: bakery },
    {
      file: '/home/mine.ts',
      plugins: [
        yeast('wild'),
        yeast('old', { apiVersion: 0 }),
        yeast('new', { apiVersion: 2 }),
        yeast('careless', {
          options: { type: 'object', additionalProperties: false, properties: { hours: { type: 'number' } } },
        }),
      ],
    },
  ]);
  const file = '/home/mine.ts';
  expect(found.ok ? [] : found.error).toEqual([
    {
      file,
      message: 'There are two plugins "optimizer wild"; the first comes with hpl. Rename one of them.',
    },
    {
      file,
      message:
        'The plugin "optimizer old" is written for version 0 of the plugin API; this hpl has 1. Install a newer version of the plugin.',
    },
    {
      file,
      message:
        'The plugin "optimizer new" is written for version 2 of the plugin API; this hpl has 1. Install a newer hpl.',
    },
    { file, message: 'The options of the plugin "optimizer careless": /hours has no description.' },
  ]);
});

test('the same name in another kind is no duplicate', () => {
  const task = { ...yeast('wild'), kind: 'task' } as Plugin;
  expect(createCatalogue([{ plugins: [...bakery, task] }]).ok).toBe(true);
});

test.each(
  standardPlugins.map((plugin) => [plugin.type === 'stage' ? plugin.kind : plugin.name, plugin] as const),
)('the options of %s are described and their defaults are valid', (_, plugin) => {
  expect(lintSchema(plugin.options)).toEqual([]);
});

test('the plugins that come with hpl can be registered together', () => {
  expect(createCatalogue([{ plugins: standardPlugins }]).ok).toBe(true);
});

const folder = mkdtempSync(join(tmpdir(), 'hpl-plugins-'));

function pluginFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const shared = {
  load: () => Promise.resolve({ hpl: { defineComponent } }),
  places: { heavy: pluginFile('heavy.cjs', 'module.exports = { name: "heavy" };') },
};

test('TypeScript and JavaScript files anywhere can import hpl, and export plugins in any way', async () => {
  const define = `import { defineComponent } from 'hpl';
    const of = (name) => defineComponent({ kind: 'mix', name, summary: 's', create: () => name });`;
  const typed = define.replace('(name)', '(name: string)');
  const files = [
    pluginFile('a.ts', `${typed} export default of('a');`),
    pluginFile(
      'b.mjs',
      `${define} export const first = of('b'); export const second = of('c'); export const other = 3;`,
    ),
    pluginFile('c.ts', `${typed} import { name } from 'heavy'; export default [of(name), of('d')];`),
  ];
  const loaded = await loadPlugins(files, shared);
  const names = loaded.ok
    ? loaded.value.map(({ plugins }) =>
        plugins.map((plugin) => (plugin.type === 'component' ? plugin.name : '')),
      )
    : loaded.error;
  expect(names).toEqual([['a'], ['b', 'c'], ['heavy', 'd']]);
});

test('files that are missing, broken, throwing or empty are problems of their own, all at once', async () => {
  const files = [
    join(folder, 'missing.ts'),
    pluginFile('broken.ts', 'export const = ;'),
    pluginFile('throwing.ts', 'throw new Error("no licence");'),
    pluginFile('empty.ts', 'export const nothing = 1;'),
  ];
  const loaded = await loadPlugins(files, shared);
  const problems = loaded.ok ? [] : loaded.error;
  expect(problems.map(({ file }) => file)).toEqual(files);
  expect(problems[0]?.message).toBe(`There is no file ${files[0] ?? ''}.`);
  expect(problems[1]?.message).toContain('broken.ts cannot be loaded: ');
  expect(problems[2]?.message).toBe(`The plugin file ${files[2] ?? ''} cannot be loaded: no licence.`);
  expect(problems[3]?.message).toBe(
    `${files[3] ?? ''} exports no plugin. Export what defineStage or defineComponent returns.`,
  );
});

test('without plugin files nothing is loaded', async () => {
  const refuse = (): never => {
    throw new Error('loaded for nothing');
  };
  expect(await loadPlugins([], { load: refuse, places: {} })).toEqual({ ok: true, value: [] });
});
