import type { ComponentKind } from '../base/plugin-kinds.js';
import { failed, ok, type Result } from '../base/result.js';
import type { ComponentSignature, Signatures, StageSignature } from '../base/signatures.js';
import { InternalError } from '../base/unreachable.js';
import { type ComponentPlugin, type Plugin, pluginApiVersion, type StagePlugin } from './contract/plugin.js';
import { lintSchema, validateOptions } from './options-schema.js';

/** Plugins of one origin: those of hpl itself, or those of one file that a pipeline names with `use`. */
export interface PluginGroup {
  /** The file's absolute path; absent for hpl's own. */
  readonly file?: string;
  readonly plugins: readonly Plugin[];
}

/** Why a plugin cannot be registered; `file` is absent for hpl's own. */
export interface PluginProblem {
  readonly file?: string;
  readonly message: string;
}

/** Everything that a pipeline can name. */
export interface Catalogue {
  /** What the language has to know. */
  readonly signatures: Signatures;
  readonly plugins: readonly Plugin[];
  /** The file that a plugin comes from; undefined for hpl's own. */
  fileOf(plugin: Plugin): string | undefined;
  /** Throws for a kind that was not registered, since checking comes first. */
  stage(kind: string): StagePlugin;
  component(kind: ComponentKind, name: string): ComponentPlugin;
}

/** Builds the catalogue, or says all reasons why it cannot: duplicates, other API versions, careless schemas. */
export function createCatalogue(groups: readonly PluginGroup[]): Result<Catalogue, readonly PluginProblem[]> {
  const fileOf = new Map<Plugin, string | undefined>();
  const byName = new Map<string, Plugin>();
  const problems: PluginProblem[] = [];
  for (const { file, plugins } of groups) {
    const origin = file === undefined ? {} : { file };
    for (const plugin of plugins) {
      const earlier = byName.get(nameOf(plugin));
      const found = [
        ...problemsOf(plugin, file !== undefined),
        ...(earlier === undefined ? [] : [duplicate(plugin, fileOf.get(earlier))]),
      ];
      problems.push(...found.map((message) => ({ ...origin, message })));
      if (earlier !== undefined) continue;
      byName.set(nameOf(plugin), plugin);
      fileOf.set(plugin, file);
    }
  }
  return problems.length > 0 ? failed(problems) : ok(catalogueOf(byName, fileOf));
}

function nameOf(plugin: Plugin): string {
  return plugin.type === 'stage' ? `stage ${plugin.kind}` : `${plugin.kind} ${plugin.name}`;
}

function duplicate(plugin: Plugin, firstFile: string | undefined): string {
  const first = firstFile === undefined ? 'comes with hpl' : `comes from ${firstFile}`;
  return `There are two plugins "${nameOf(plugin)}"; the first ${first}. Rename one of them.`;
}

/** Schemas of hpl's own plugins are linted by its tests, so that starting does not wait for it. */
function problemsOf(plugin: Plugin, isForeign: boolean): readonly string[] {
  const name = nameOf(plugin);
  const version: number = plugin.apiVersion;
  if (version !== pluginApiVersion) {
    const remedy =
      version > pluginApiVersion ? 'Install a newer hpl.' : 'Install a newer version of the plugin.';
    return [
      `The plugin "${name}" is written for version ${version} of the plugin API; this hpl has ${pluginApiVersion}. ${remedy}`,
    ];
  }
  if (!isForeign) return [];
  return lintSchema(plugin.options).map((message) => `The options of the plugin "${name}": ${message}`);
}

function catalogueOf(
  byName: ReadonlyMap<string, Plugin>,
  fileOf: ReadonlyMap<Plugin, string | undefined>,
): Catalogue {
  const find = (name: string): Plugin => {
    const plugin = byName.get(name);
    if (plugin === undefined) throw new InternalError(`no plugin "${name}" is registered`);
    return plugin;
  };
  return {
    signatures: signaturesOf([...byName.values()]),
    plugins: [...byName.values()],
    fileOf: (plugin) => fileOf.get(plugin),
    stage: (kind) => find(`stage ${kind}`) as StagePlugin,
    component: (kind, name) => find(`${kind} ${name}`) as ComponentPlugin,
  };
}

function signaturesOf(plugins: readonly Plugin[]): Signatures {
  const stages = new Map<string, StageSignature>();
  const components = new Map<ComponentKind, Map<string, ComponentSignature>>();
  for (const plugin of plugins) {
    if (plugin.type === 'stage') {
      stages.set(plugin.kind, plugin);
      continue;
    }
    const ofKind = components.get(plugin.kind) ?? new Map<string, ComponentSignature>();
    components.set(plugin.kind, ofKind.set(plugin.name, plugin));
  }
  return { stages, components, validate: validateOptions };
}
