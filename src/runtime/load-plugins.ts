import { existsSync } from 'node:fs';
import type { JitiOptions } from 'jiti';
import { isJsonObject } from '../base/json.js';
import { failed, ok, type Result } from '../base/result.js';
import { reasonOf } from '../base/reason.js';
import type { PluginGroup, PluginProblem } from './catalogue.js';
import type { Plugin } from './contract/plugin.js';

/** What a plugin file imports by name and shares with hpl, wherever the file lies. */
export interface SharedModules {
  /** Modules as they are, such as `hpl` itself; loaded when first asked for. */
  load(): Promise<Readonly<Record<string, unknown>>>;
  /** Places of packages that are too heavy to load before they are needed. */
  readonly places: Readonly<Record<string, string>>;
}

/**
 * Loads the plugin files that a pipeline names with `use`: TypeScript or JavaScript, anywhere on the disk. A file's
 * plugins are its default export and named exports, alone or in lists. Whatever goes wrong is a problem of that file.
 */
export async function loadPlugins(
  files: readonly string[],
  shared: SharedModules,
): Promise<Result<readonly PluginGroup[], readonly PluginProblem[]>> {
  if (files.length === 0) return ok([]);
  const modules = { virtualModules: { ...(await shared.load()) }, alias: { ...shared.places } };
  const groups: PluginGroup[] = [];
  const problems: PluginProblem[] = [];
  for (const file of files) {
    const loaded = await loadFile(file, modules);
    if (loaded.ok) groups.push(loaded.value);
    else problems.push(loaded.error);
  }
  return problems.length > 0 ? failed(problems) : ok(groups);
}

async function loadFile(
  file: string,
  modules: Pick<JitiOptions, 'virtualModules' | 'alias'>,
): Promise<Result<PluginGroup, PluginProblem>> {
  if (!existsSync(file)) return failed({ file, message: `There is no file ${file}.` });
  const { createJiti } = await import('jiti');
  // Compiled files are kept by content, since every worker loads them again.
  // What is imported by name must be hpl's own copy, or tensors of two copies of a library would meet.
  const jiti = createJiti(file, { ...modules, fsCache: true, moduleCache: false });
  try {
    const exported: unknown = await jiti.import(file);
    const plugins = pluginsOf(exported);
    if (plugins.length > 0) return ok({ file, plugins });
    return failed({
      file,
      message: `${file} exports no plugin. Export what defineStage or defineComponent returns.`,
    });
  } catch (error) {
    const [reason = ''] = reasonOf(error).split('\nRequire stack:');
    const ended = /[.!?]$/.test(reason) ? reason : `${reason}.`;
    return failed({ file, message: `The plugin file ${file} cannot be loaded: ${ended}` });
  }
}

function pluginsOf(exported: unknown): readonly Plugin[] {
  const named: readonly unknown[] = isJsonObject(exported) ? Object.values(exported) : [];
  const single = [exported, ...named].flatMap((value): readonly unknown[] =>
    Array.isArray(value) ? value : [value],
  );
  return [...new Set(single.filter(isPlugin))];
}

function isPlugin(value: unknown): value is Plugin {
  return (
    isJsonObject(value) &&
    (value['type'] === 'stage' || value['type'] === 'component') &&
    'apiVersion' in value
  );
}
