import { resolve } from 'node:path';
import type { MetricDeclaration, Signatures } from '../base/signatures.js';
import type { Catalogue } from '../runtime/catalogue.js';
import type { Plugin } from '../runtime/contract/plugin.js';
import { loadCatalogue } from './catalogue.js';
import { paletteFor, wantsColour } from './colour.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { nameOf, overviewLines, pluginPage } from './plugin-pages.js';
import { didYouMean } from './suggestion.js';

/** What the command line gives to `hpl plugins`. */
export interface PluginsOptions {
  readonly json?: true;
  readonly use?: readonly string[];
}

const widest = 100;

/** Shows what a pipeline file can name. Gives the exit code. */
export async function showPlugins(
  name: string | undefined,
  options: PluginsOptions,
  io: Io,
): Promise<number> {
  const catalogue = await pluginsFor(options.use ?? []);
  const chosen = chosenPlugins(name, catalogue.plugins);
  if (options.json === true) {
    const plugins = chosen.map((plugin) => describe(plugin, catalogue));
    io.stdout.write(`${JSON.stringify({ schema: 'hpl.plugins/1', plugins }, undefined, 2)}\n`);
    return exitCodes.done;
  }
  const space = {
    width: Math.min(widest, io.stdout.columns ?? widest),
    palette: paletteFor(wantsColour(io.stdout.isTTY === true, io.env)),
  };
  const isOne = name !== undefined && chosen.every((plugin) => nameOf(plugin) === name);
  const pages = chosen.map((plugin) => pluginPage(plugin, metricsOf(plugin, catalogue.signatures), space));
  const lines = isOne
    ? pages.flatMap((page, index) => (index === 0 ? page : ['', ...page]))
    : overviewLines(chosen, space);
  io.stdout.write(`${lines.join('\n')}\n`);
  return exitCodes.done;
}

async function pluginsFor(files: readonly string[]): Promise<Catalogue> {
  const catalogue = await loadCatalogue(files.map((file) => resolve(file)));
  if (catalogue.ok) return catalogue.value;
  throw new CommandFailure(catalogue.error.map(({ message }) => message).join('\n'), exitCodes.unavailable);
}

function chosenPlugins(name: string | undefined, plugins: readonly Plugin[]): readonly Plugin[] {
  if (name === undefined) return plugins;
  if (name === 'blocks' || name === 'stage') return plugins.filter(({ type }) => type === 'stage');
  const named = plugins.filter((plugin) => nameOf(plugin) === name);
  const ofKind = plugins.filter((plugin) => plugin.type === 'component' && plugin.kind === name);
  if (named.length + ofKind.length > 0) return ofKind.length > 0 ? ofKind : named;
  const kinds = plugins.flatMap((plugin) => (plugin.type === 'component' ? [plugin.kind] : []));
  const known = new Set([...plugins.map(nameOf), ...kinds, 'blocks']);
  throw new CommandFailure(
    `Nothing that a file can name is called "${name}".${didYouMean(name, known)} "hpl plugins" shows everything.`,
  );
}

function describe(plugin: Plugin, catalogue: Catalogue): Readonly<Record<string, unknown>> {
  const file = catalogue.fileOf(plugin);
  return {
    type: plugin.type === 'stage' ? 'block' : 'component',
    kind: plugin.kind,
    ...(plugin.type === 'component' ? { name: plugin.name } : { output: plugin.output }),
    summary: plugin.summary,
    ...(plugin.source === undefined ? {} : { source: plugin.source }),
    ...(file === undefined ? {} : { file }),
    version: plugin.version,
    options: plugin.options,
    ...(plugin.type === 'stage' ? { metrics: metricsOf(plugin, catalogue.signatures) } : {}),
  };
}

/** The metrics of a block as it is without any settings; they may depend on settings that have no default. */
function metricsOf(plugin: Plugin, signatures: Signatures): readonly MetricDeclaration[] {
  if (plugin.type !== 'stage') return [];
  try {
    return plugin.metrics(signatures.validate(plugin.options, {}).options);
  } catch {
    // A plugin is promised all required options; without them it may have nothing to say.
    return [];
  }
}
