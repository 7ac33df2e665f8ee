import type { JsonObject } from '../base/json.js';
import type { OptionsSchema } from '../base/json-schema.js';
import type { OptionsOf } from '../base/options-of.js';
import type { ComponentKind } from '../base/plugin-kinds.js';
import type { OptionProblem } from '../base/signatures.js';
import type { Adapter } from '../model/adapter.js';
import type { Mix } from '../model/attention/mix.js';
import type { FeatureMap } from '../model/feature-maps/feature-map.js';
import type { WindowDropoutPlan } from '../model/hybrid/window-dropout-plan.js';
import type { TransferObjective } from '../model/losses/transfer-objective.js';
import type { Optimizer } from '../model/optimizers/optimizer.js';
import { defineComponent, type ComponentContext, type ComponentPlugin } from '../runtime/contract/plugin.js';
import type { Branch } from './evaluation/branch.js';
import type { Task } from './evaluation/task.js';

/** A component's record, with the options of `create` typed by its schema. */
export interface ComponentRecord<Product, Schema extends OptionsSchema> {
  /** How a pipeline file names it. */
  readonly name: string;
  /** One sentence: what it is. */
  readonly summary: string;
  /** Paper or project that the idea comes from. */
  readonly source?: string;
  /** The one source for checking, defaults, documentation and completion. */
  readonly options: Schema;
  /** Rules between options that a schema cannot say. Pure; pointers lead into these options. */
  readonly check?: (options: JsonObject) => readonly OptionProblem[];
  /** Raised when the same options give another result than before. */
  readonly version?: number;
  /** Makes the product; the options have passed the schema, defaults filled in. */
  readonly create: (options: OptionsOf<Schema>, context: ComponentContext) => Product | Promise<Product>;
}

type Definer<Product> = <const Schema extends OptionsSchema>(
  plugin: ComponentRecord<Product, Schema>,
) => ComponentPlugin<Product>;

function definer<Product>(kind: ComponentKind): Definer<Product> {
  return ({ create, ...plugin }) =>
    defineComponent<Product>({
      ...plugin,
      kind,
      // The catalogue hands over options that have passed this very schema.
      create: (options, context) => create(options as Parameters<typeof create>[0], context),
    });
}

/** Declares a feature map: how queries and keys become features of the linear branch. */
export const defineFeatureMap: Definer<FeatureMap> = definer('feature-map');

/** Declares a mix: how window and linear branch become one output. */
export const defineMix: Definer<Mix> = definer('mix');

/** Declares an objective of attention transfer. */
export const defineObjective: Definer<TransferObjective> = definer('objective');

/** Declares an adapter: what is trained beside frozen projections. */
export const defineAdapter: Definer<Adapter> = definer('adapter');

/** Declares a way to drop the window while fine-tuning. */
export const defineDropout: Definer<WindowDropoutPlan> = definer('dropout');

/** Declares an optimizer. */
export const defineOptimizer: Definer<Optimizer> = definer('optimizer');

/** Declares a task: what an evaluation asks of a model. */
export const defineTask: Definer<Task> = definer('task');

/** Declares a branch: what of the attention stays active in an ablation. */
export const defineBranch: Definer<Branch> = definer('branch');
