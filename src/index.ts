export { defineComponent, defineStage } from './runtime/contract/plugin.js';
export {
  defineAdapter,
  defineBranch,
  defineDropout,
  defineFeatureMap,
  defineMix,
  defineObjective,
  defineOptimizer,
  defineTask,
} from './plugins/define.js';
export type { ComponentRecord } from './plugins/define.js';
export type { OptionsOf, OptionValue } from './base/options-of.js';
export type { Conversion, LinearScope } from './model/hybrid/conversion.js';
export type { TransferLayer, TransferObjective } from './model/losses/transfer-objective.js';
export type { Attention, AttentionInput } from './model/attention/attention.js';
export type { BranchMass, Mix } from './model/attention/mix.js';
export type { FeatureMap, HeadShape, LayerTensors } from './model/feature-maps/feature-map.js';
export { StageFailure } from './runtime/contract/stage.js';
export { BackendToken, ClockToken } from './runtime/contract/tokens.js';
export type { ComponentContext, ComponentPlugin, Plugin, StagePlugin } from './runtime/contract/plugin.js';
export type {
  Checkpoint,
  Checkpoints,
  ConditionTracker,
  MetricValue,
  StageContext,
  StageEvent,
  StageRunner,
} from './runtime/contract/stage.js';
export type {
  Forecast,
  ForecastContext,
  ForecastProblem,
  MemoryForecast,
} from './runtime/contract/forecast.js';
export type { Artifact } from './runtime/contract/artifact.js';
export type { Backend, BackendInfo, BackendStatus } from './runtime/contract/backend.js';
export type { Clock } from './runtime/contract/tokens.js';
export type { RunEvent } from './runtime/contract/events.js';
export type { Condition, Quantity } from './base/condition.js';
export type { Json, JsonObject } from './base/json.js';
export type { OptionSchema, OptionsSchema } from './base/json-schema.js';
export type { RandomStream, Seed } from './base/seed.js';
export type {
  ComponentValue,
  MetricDeclaration,
  OptionProblem,
  Schedule,
  StageReference,
} from './base/signatures.js';
