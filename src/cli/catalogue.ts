import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageFolder } from '../base/package-folder.js';
import { failed, type Result } from '../base/result.js';
import { standardPlugins } from '../plugins/index.js';
import { type Catalogue, createCatalogue, type PluginProblem } from '../runtime/catalogue.js';
import { hashCode, hashModule } from '../runtime/code-hash.js';
import type { Plugin } from '../runtime/contract/plugin.js';
import { loadPlugins, type SharedModules } from '../runtime/load-plugins.js';

/** Everything that a pipeline can name: hpl's own plugins, and those of the files that it names with `use`. */
export async function loadCatalogue(
  files: readonly string[],
): Promise<Result<Catalogue, readonly PluginProblem[]>> {
  const loaded = await loadPlugins(files, sharedModules);
  if (!loaded.ok) return failed(loaded.error);
  return createCatalogue([{ plugins: standardPlugins }, ...loaded.value]);
}

/** One copy for all, so that tensors and injection tokens are the same everywhere. */
const sharedModules: SharedModules = {
  load: async () => {
    // tsyringe wants it to be there first.
    await import('reflect-metadata');
    const [hpl, tsyringe] = await Promise.all([import('../index.js'), import('tsyringe')]);
    return { hpl, tsyringe };
  },
  places: { '@tensorflow/tfjs': createRequire(import.meta.url).resolve('@tensorflow/tfjs') },
};

/**
 * Gives the hash of a plugin's code: of all of hpl's numerics and plugins for its own, else of the plugin's file and
 * what that imports beside it.
 */
export function sourceHashes(catalogue: Catalogue): (plugin: Plugin) => Promise<string> {
  const hashes = new Map<string, Promise<string>>();
  return (plugin) => {
    const file = catalogue.fileOf(plugin);
    const known = hashes.get(file ?? '');
    const hash = known ?? (file === undefined ? hashOwnCode() : hashModule(file));
    hashes.set(file ?? '', hash);
    return hash;
  };
}

/** The code beside this module that decides over results. */
function hashOwnCode(): Promise<string> {
  const folder = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
  // Exported models bring the Python files; the operations in `native` compute in place of those of TensorFlow.
  const beside = ['python', 'native'].map((name) => join(packageFolder(), name));
  return hashCode([folder('model'), folder('plugins'), ...beside]);
}
