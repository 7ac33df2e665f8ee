import type { Plugin } from '../runtime/contract/plugin.js';
import { lora } from './adapters/lora.js';
import { auto } from './backends/auto.js';
import { cpu } from './backends/cpu.js';
import { tensorflow } from './backends/tensorflow.js';
import { wasm } from './backends/wasm.js';
import { webgpu } from './backends/webgpu.js';
import { both } from './branches/both.js';
import { linear } from './branches/linear.js';
import { none } from './branches/none.js';
import { sinks } from './branches/sinks.js';
import { window } from './branches/window.js';
import { windowDropout } from './dropouts/window-dropout.js';
import { hedgehog } from './feature-maps/hedgehog.js';
import { fixed } from './mixes/fixed.js';
import { joint } from './mixes/joint.js';
import { attentionOutput } from './objectives/attention-output.js';
import { attentionWeights } from './objectives/attention-weights.js';
import { hybridOutput } from './objectives/hybrid-output.js';
import { adamw } from './optimizers/adamw.js';
import { alpaca } from './sources/alpaca.js';
import { chat } from './sources/chat.js';
import { recall as recallSource } from './sources/recall.js';
import { text } from './sources/text.js';
import { ablate } from './stages/ablate/plugin.js';
import { convert } from './stages/convert/plugin.js';
import { data } from './stages/data/plugin.js';
import { evaluate } from './stages/evaluate/plugin.js';
import { exportModel } from './stages/export/plugin.js';
import { finetune } from './stages/finetune/plugin.js';
import { model } from './stages/model/plugin.js';
import { pretrain } from './stages/pretrain/plugin.js';
import { transfer } from './stages/transfer/plugin.js';
import { arcChallenge } from './tasks/arc-challenge.js';
import { arcEasy } from './tasks/arc-easy.js';
import { hellaswag } from './tasks/hellaswag.js';
import { mmlu } from './tasks/mmlu.js';
import { multipleChoice } from './tasks/multiple-choice.js';
import { passkey } from './tasks/passkey.js';
import { perplexity } from './tasks/perplexity.js';
import { perplexityFile } from './tasks/perplexity-file.js';
import { piqa } from './tasks/piqa.js';
import { recall } from './tasks/recall.js';
import { suffixIdentification } from './tasks/suffix-identification.js';
import { winogrande } from './tasks/winogrande.js';

/** Everything that a pipeline file can name without `use`. */
export const standardPlugins: readonly Plugin[] = [
  // stages, in the order of a pipeline
  model,
  data,
  pretrain,
  convert,
  transfer,
  finetune,
  ablate,
  evaluate,
  exportModel,
  // components, by kind
  auto,
  cpu,
  tensorflow,
  wasm,
  webgpu,
  both,
  linear,
  none,
  sinks,
  window,
  hedgehog,
  fixed,
  joint,
  attentionWeights,
  attentionOutput,
  hybridOutput,
  lora,
  windowDropout,
  adamw,
  alpaca,
  chat,
  recallSource,
  text,
  perplexity,
  perplexityFile,
  recall,
  passkey,
  suffixIdentification,
  multipleChoice,
  arcChallenge,
  arcEasy,
  hellaswag,
  mmlu,
  piqa,
  winogrande,
];
