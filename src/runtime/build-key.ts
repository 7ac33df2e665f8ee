import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.js';
import { isJsonObject, type Json } from '../base/json.js';
import type { Result } from '../base/result.js';
import { rootSeed } from '../base/seed.js';
import { InternalError } from '../base/unreachable.js';
import type { CheckedPipeline, CheckedStage } from '../language/checked-pipeline.js';
import type { Catalogue } from './catalogue.js';
import type { PathKind } from './content-hash.js';
import type { ComponentPlugin, Plugin } from './contract/plugin.js';
import {
  type ComponentSchema,
  listPlaces,
  type OptionPlace,
  type Rewritten,
  rewriteOptions,
} from './options-walk.js';
import { diagnosePlan } from './plan-diagnostics.js';
import { type KeyFile, keyVersion, type PluginCode, type StageKey } from './stage-key.js';

/** What a key is built from besides the stage. */
export interface KeySources {
  readonly catalogue: Catalogue;
  /** The hash of a plugin's code. */
  sourceHash(plugin: Plugin): Promise<string>;
  /** The hash of a file or folder, or in words why there is none. */
  contentHash(path: string, kind: PathKind): Promise<Result<string, string>>;
  /** Of the stage's inputs, by name. */
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly backend: StageKey['backend'];
}

export interface BuiltKey {
  readonly key: StageKey;
  readonly problems: readonly Diagnostic[];
  readonly outputFolders: readonly string[];
}

/** Collects everything that a stage's result depends on. Unreadable files are problems of the user. */
export async function buildKey(
  pipeline: CheckedPipeline,
  stage: CheckedStage,
  sources: KeySources,
): Promise<BuiltKey> {
  const { catalogue } = sources;
  const plugin = catalogue.stage(stage.kind);
  const schemaOf: ComponentSchema = (kind, name) =>
    catalogue.signatures.components.get(kind)?.get(name)?.options;
  const places = listPlaces(plugin.options, stage.options, schemaOf);
  const { files, problems } = await hashFiles(pipeline, stage, { places, sources });
  const inputs = stage.inputs.map((input) => ({
    ...input,
    fingerprint: sources.fingerprints.get(input.stage) ?? '',
  }));
  const key: StageKey = {
    version: keyVersion,
    plugin: await codeOf(plugin, sources),
    options: rewriteOptions(plugin.options, stage.options, schemaOf, rewriter(inputs, files)),
    components: await componentsOf(places, sources),
    seed: seedPath(pipeline.seed, stage.kind),
    backend: sources.backend,
    inputs,
    files,
  };
  return { key, problems, outputFolders: outputFolders(pipeline, places) };
}

/** The seed of a stage: of the pipeline and the kind, so that renaming a stage changes nothing. */
function seedPath(seed: number, kind: string): string {
  return rootSeed(seed).child(kind).path;
}

/** Puts fingerprints and contents where names and paths stood, and leaves out what does not change the result. */
function rewriter(inputs: StageKey['inputs'], files: readonly KeyFile[]): (place: OptionPlace) => Rewritten {
  const byPointer = new Map<string, Json>([
    ...inputs.map((input) => [input.pointer, { input: input.fingerprint }] as const),
    ...files.map((file) => [file.pointer, { content: file.content }] as const),
  ]);
  return ({ pointer, schema }) => {
    if (schema['x-cache'] === 'ignore' || schema['x-path'] === 'output') return 'omit';
    const value = byPointer.get(pointer);
    return value === undefined ? undefined : { value };
  };
}

async function hashFiles(
  pipeline: CheckedPipeline,
  stage: CheckedStage,
  { places, sources }: { readonly places: readonly OptionPlace[]; readonly sources: KeySources },
): Promise<{ readonly files: readonly KeyFile[]; readonly problems: readonly Diagnostic[] }> {
  const files: KeyFile[] = [];
  const problems: Diagnostic[] = [];
  for (const { pointer, schema, value } of places) {
    const kind = schema['x-path'];
    if (kind === undefined || kind === 'output' || typeof value !== 'string') continue;
    const found = await sources.contentHash(resolve(dirname(pipeline.file), value), kind);
    if (found.ok) files.push({ pointer, path: value, content: found.value });
    else problems.push(unreadable(stage, value, found.error));
  }
  return { files, problems };
}

function unreadable(stage: CheckedStage, path: string, reason: string): Diagnostic {
  return diagnosePlan('unreadable-path', { stage: stage.name, path, reason }, { span: stage.span });
}

async function componentsOf(
  places: readonly OptionPlace[],
  sources: KeySources,
): Promise<StageKey['components']> {
  const found = new Map<string, ComponentPlugin>();
  for (const { schema, value } of places) {
    const kind = schema['x-plugin'];
    if (kind === undefined || !isJsonObject(value) || typeof value['plugin'] !== 'string') continue;
    found.set(`${kind} ${value['plugin']}`, sources.catalogue.component(kind, value['plugin']));
  }
  const names = [...found.keys()].sort();
  return Promise.all(
    names.map(async (name) => {
      const plugin = found.get(name);
      if (plugin === undefined) throw new InternalError(`lost the component ${name}`);
      return { kind: plugin.kind, ...(await codeOf(plugin, sources)) };
    }),
  );
}

async function codeOf(plugin: Plugin, sources: KeySources): Promise<PluginCode> {
  return {
    name: plugin.type === 'stage' ? plugin.kind : plugin.name,
    version: plugin.version,
    origin: sources.catalogue.fileOf(plugin)?.split('/').at(-1) ?? 'hpl',
    source: await sources.sourceHash(plugin),
  };
}

function outputFolders(pipeline: CheckedPipeline, places: readonly OptionPlace[]): readonly string[] {
  return places.flatMap(({ schema, value }) =>
    schema['x-path'] === 'output' && typeof value === 'string'
      ? [resolve(dirname(pipeline.file), value)]
      : [],
  );
}
