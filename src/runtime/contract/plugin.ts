import type { JsonObject } from '../../base/json.js';
import type { OptionsSchema } from '../../base/json-schema.js';
import type { ComponentKind } from '../../base/plugin-kinds.js';
import type { Seed } from '../../base/seed.js';
import type { ComponentSignature, StageSignature } from '../../base/signatures.js';
import type { Forecast, ForecastContext } from './forecast.js';
import type { StageRunner } from './stage.js';

/** Raised only when a plugin written for an older hpl cannot work any more. */
export const pluginApiVersion = 1;

interface PluginBase {
  readonly apiVersion: typeof pluginApiVersion;
  /** Raised when the same options give another result than before. */
  readonly version: number;
  /** Paper or project that the idea comes from. */
  readonly source?: string;
}

/** One kind of block in a pipeline file. */
export interface StagePlugin extends StageSignature, PluginBase {
  readonly type: 'stage';
  /** The slot that it occupies; `gpu` stages get a ready backend. */
  readonly resource: 'cpu' | 'gpu';
  /**
   * What is known of a stage with these options before its run begins; heavy code is imported here. Rejects with a
   * `StageFailure` where a setting of the machine is wrong. A stage without it is looked at when it starts.
   */
  forecast?(options: JsonObject, context: ForecastContext): Promise<Forecast>;
  /** Loads the code; nothing heavy is imported before. Resolved by the worker's container. */
  load(): Promise<new (...injected: never[]) => StageRunner>;
}

/** One component: what stands at an `x-plugin` place. */
export interface ComponentPlugin<Product = unknown> extends ComponentSignature, PluginBase {
  readonly type: 'component';
  /** Makes the product that the kind promises. Heavy code is imported here. */
  create(options: JsonObject, context: ComponentContext): Product | Promise<Product>;
}

/** What a component may need to make its product. */
export interface ComponentContext {
  readonly seed: Seed;
  /** Makes a component inside this component's options. */
  component<Inner>(kind: ComponentKind, value: JsonObject): Promise<Inner>;
}

export type Plugin = StagePlugin | ComponentPlugin;

type Optional<Record_, Keys extends keyof Record_> = Omit<Record_, Keys> & Partial<Pick<Record_, Keys>>;

/** Declares a stage plugin. Metrics and checks default to none, the version to 1. */
export function defineStage(
  plugin: Optional<Omit<StagePlugin, 'type' | 'apiVersion'>, 'metrics' | 'check' | 'version'>,
): StagePlugin {
  return {
    metrics: () => [],
    check: () => [],
    version: 1,
    ...plugin,
    type: 'stage',
    apiVersion: pluginApiVersion,
  };
}

/** Declares a component plugin. The version defaults to 1, the options to none. */
export function defineComponent<Product>(
  plugin: Optional<Omit<ComponentPlugin<Product>, 'type' | 'apiVersion'>, 'version' | 'options'>,
): ComponentPlugin<Product> {
  return { version: 1, options: noOptions, ...plugin, type: 'component', apiVersion: pluginApiVersion };
}

const noOptions: OptionsSchema = { type: 'object', additionalProperties: false, properties: {} };
