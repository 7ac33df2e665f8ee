import { hashJson } from '../base/hash.js';
import type { JsonObject } from '../base/json.js';
import type { ComponentKind } from '../base/plugin-kinds.js';

/** Raised when keys are built otherwise, so that no old artifact is mistaken for a new one. */
export const keyVersion = 2;

/** Whose code a plugin runs: its version, and a hash of the code. */
export type PluginCode = {
  readonly name: string;
  readonly version: number;
  /** `hpl` for a plugin that comes with it, else the name of the plugin's file. */
  readonly origin: string;
  readonly source: string;
};

/**
 * Everything that a stage's result depends on. Kept beside the artifact, so that a miss can be explained by what
 * differs. References in the options stand as `{ input: fingerprint }`, paths as `{ content: sha256 }`.
 */
export type StageKey = {
  readonly version: number;
  readonly plugin: PluginCode;
  readonly options: JsonObject;
  readonly components: readonly (PluginCode & { readonly kind: ComponentKind })[];
  readonly seed: string;
  /** For stages that compute on tensors. */
  readonly backend: { readonly name: string } | null;
  /** The names behind the options' inputs: for explanations, no part of the fingerprint. */
  readonly inputs: readonly KeyInput[];
  /** The paths behind the options' files: for explanations, no part of the fingerprint. */
  readonly files: readonly KeyFile[];
};

type KeyInput = { readonly pointer: string; readonly stage: string; readonly fingerprint: string };

export type KeyFile = { readonly pointer: string; readonly path: string; readonly content: string };

/** SHA-256 of what the result depends on, in canonical JSON; names of stages and places of files do not count. */
export function fingerprintOf(key: StageKey): string {
  const { version, plugin, options, components, seed, backend } = key;
  const code = ({ name, version: raised, source }: PluginCode): JsonObject => ({
    name,
    version: raised,
    source,
  });
  return hashJson({
    version,
    plugin: code(plugin),
    options,
    components: components.map((component) => ({ kind: component.kind, ...code(component) })),
    seed,
    backend,
  });
}
