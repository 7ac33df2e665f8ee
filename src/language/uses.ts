import { dirname, resolve as resolvePath } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Source, Span } from '../base/span.js';
import type { File } from './ast.js';
import { diagnose } from './diagnostics.js';
import { parse } from './parse.js';

/** A plugin file that a pipeline names. */
export interface UsedPlugin {
  /** As written. */
  readonly path: string;
  /** Resolved against the folder of the pipeline file. */
  readonly absolutePath: string;
  /** The string in the `use` line. */
  readonly span: Span;
}

/** The plugin files that a source names, each once, readable even where the rest of the file has errors. */
export function usesOf(source: Source): readonly UsedPlugin[] {
  return usedPaths(parse(source).tree);
}

/** The plugin files that a parsed file names, each once. */
export function usedPaths(file: File): readonly UsedPlugin[] {
  const folder = dirname(file.span.source.file);
  const uses = new Map<string, UsedPlugin>();
  for (const item of file.items) {
    if (item.kind !== 'use') continue;
    const { value: path, span } = item.path;
    const absolutePath = resolvePath(folder, path);
    if (!uses.has(absolutePath)) uses.set(absolutePath, { path, absolutePath, span });
  }
  return [...uses.values()];
}

/** Says at its `use` line why a plugin file cannot be loaded. The reason is a whole sentence. */
export function diagnosePluginLoad({ path, span }: UsedPlugin, reason: string): Diagnostic {
  return diagnose('plugin-load-failed', { path, reason }, { span });
}
