import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.js';
import { failed, ok, type Result } from '../base/result.js';
import type { ComponentValue } from '../base/signatures.js';
import type { Source } from '../base/span.js';
import type { CheckedPipeline } from '../language/checked-pipeline.js';
import { compile } from '../language/compile.js';
import { diagnosePluginLoad, usesOf } from '../language/uses.js';
import type { Catalogue } from '../runtime/catalogue.js';
import { type BackendChoice, type BackendRefusal, chooseBackend } from '../runtime/choose-backend.js';
import { hashContent } from '../runtime/content-hash.js';
import { plan } from '../runtime/plan.js';
import type { Plan } from '../runtime/planned.js';
import { viewStore } from '../runtime/store/store.js';
import { loadCatalogue, sourceHashes } from './catalogue.js';

/** What a command line says about a pipeline besides its file. */
export interface CompileOptions {
  /** Values of `--set name=value`. */
  readonly set?: Readonly<Record<string, string>>;
  /** Backends to use instead of the file's: the first of them that is ready. */
  readonly backends?: readonly string[];
}

/** A pipeline without mistakes, with everything that it names. */
export interface Compiled {
  readonly pipeline: CheckedPipeline;
  readonly warnings: readonly Diagnostic[];
  readonly catalogue: Catalogue;
}

/** A compiled pipeline with its frozen plan. */
export interface Planned extends Compiled {
  readonly plan: Plan;
  readonly backend: BackendChoice;
  /** Absolute path. */
  readonly store: string;
}

/** Why a pipeline cannot be planned: mistakes of the file, a backend that is not ready, or a setting of the machine. */
export type PlanRefusal =
  | { readonly kind: 'diagnostics'; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'setting'; readonly message: string }
  | ({ readonly kind: 'backend'; readonly name: string } & BackendRefusal);

/** The store beside a pipeline file, where the command line names no other. */
export function defaultStore(file: string): string {
  return resolve(dirname(file), '.hpl');
}

/** The plugins that a source can name, those of its `use` lines included. Problems stand at those lines. */
async function loadCatalogueOf(source: Source): Promise<Result<Catalogue, readonly Diagnostic[]>> {
  const uses = usesOf(source);
  const catalogue = await loadCatalogue(uses.map(({ absolutePath }) => absolutePath));
  if (catalogue.ok) return catalogue;
  return failed(
    catalogue.error.map(({ file, message }) => {
      const use = uses.find(({ absolutePath }) => absolutePath === file);
      // Problems of hpl's own plugins are ours, and no line of the user can mend them.
      if (use === undefined) throw new Error(message);
      return diagnosePluginLoad(use, message);
    }),
  );
}

/** From a source to a pipeline that can be planned, or everything that is wrong with it. */
export async function compilePipeline(
  source: Source,
  options: CompileOptions = {},
): Promise<Result<Compiled, readonly Diagnostic[]>> {
  const catalogue = await loadCatalogueOf(source);
  if (!catalogue.ok) return catalogue;
  const compiled = compile(source, catalogue.value.signatures, { set: options.set ?? {} });
  if (!compiled.ok) return compiled;
  const { pipeline, warnings } = compiled.value;
  const backend = backendOf(options.backends ?? []) ?? pipeline.backend;
  return ok({ pipeline: { ...pipeline, backend }, warnings, catalogue: catalogue.value });
}

function backendOf(names: readonly string[]): ComponentValue | undefined {
  const [first, ...others] = names.map((plugin) => ({ plugin, options: {} }));
  if (first === undefined || others.length === 0) return first;
  return { plugin: 'auto', options: { order: [first, ...others] } };
}

/** Plans a compiled pipeline against a store, which it does not touch. */
export async function planPipeline(
  compiled: Compiled,
  store: string = defaultStore(compiled.pipeline.file),
): Promise<Result<Planned, PlanRefusal>> {
  const { pipeline, catalogue } = compiled;
  const backend = await chooseBackend(catalogue, pipeline.backend);
  if ('ready' in backend) return failed({ kind: 'backend', name: pipeline.backend.plugin, ...backend });
  const planned = await plan(pipeline, {
    catalogue,
    store: viewStore(store),
    backend: backend.info,
    sourceHash: sourceHashes(catalogue),
    contentHash: hashContent,
  });
  if (!planned.ok) return failed({ kind: 'diagnostics', diagnostics: planned.error });
  return ok({ ...compiled, plan: planned.value, backend, store: resolve(store) });
}
