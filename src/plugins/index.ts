import type { Plugin } from '../runtime/contract/plugin.js';
import { auto } from './backends/auto.js';
import { cpu } from './backends/cpu.js';
import { tensorflow } from './backends/tensorflow.js';
import { wasm } from './backends/wasm.js';
import { both } from './branches/both.js';
import { linear } from './branches/linear.js';
import { none } from './branches/none.js';
import { sinks } from './branches/sinks.js';
import { window } from './branches/window.js';
import { adamw } from './optimizers/adamw.js';
import { recall as recallSource } from './sources/recall.js';
import { text } from './sources/text.js';
import { ablate } from './stages/ablate/plugin.js';
import { data } from './stages/data/plugin.js';
import { evaluate } from './stages/evaluate/plugin.js';
import { exportModel } from './stages/export/plugin.js';
import { model } from './stages/model/plugin.js';
import { pretrain } from './stages/pretrain/plugin.js';
import { perplexity } from './tasks/perplexity.js';
import { recall } from './tasks/recall.js';

/** Everything that a pipeline file can name without `use`. */
export const standardPlugins: readonly Plugin[] = [
  // stages, in the order of a pipeline
  model,
  data,
  pretrain,
  ablate,
  evaluate,
  exportModel,
  // components, by kind
  auto,
  cpu,
  tensorflow,
  wasm,
  both,
  linear,
  none,
  sinks,
  window,
  adamw,
  recallSource,
  text,
  perplexity,
  recall,
];
