import { chunkLength } from './attention/linear.js';
import { rowsAtOnce } from './attention/softmax.js';
import { smallestBlock } from './attention/window.js';
import { hasHalfPrecision } from './bfloat16/bfloat16-weights.js';
import type { Precision } from './bfloat16/precision.js';
import type { ModelConfig } from './config.js';
import { numbersAtOnce } from './losses/cross-entropy.js';
import { parameterShapes } from './parameters.js';
import { bytesKept } from './remembered-products.js';

/** What is to be computed with a model: enough to say how much memory it takes. */
export interface Workload {
  /**
   * `transfer` trains one layer at a time; `finetune` keeps every layer's input and computes each layer again on the
   * way back; `pretrain` keeps everything and trains every weight; `measure` only looks.
   */
  readonly work: 'transfer' | 'finetune' | 'pretrain' | 'measure';
  /** Sequences at once. */
  readonly rows: number;
  /** Tokens of each. */
  readonly context: number;
  /** Of the weights' matrices, where they are not trained. */
  readonly precision: Precision;
  /** Of the linear branch, for each head; 0 where nothing was converted. */
  readonly features: number;
  /** Keys of the window branch; 0 where nothing was converted. */
  readonly window: number;
  /** Of the process before any tensor: Node, the backend's libraries, the tokenizer. */
  readonly runtimeBytes: number;
  /** Numbers that are trained or loaded beside the weights: feature maps, mixes, adapters. */
  readonly trainedNumbers: number;
}

/** One cause of memory use. */
export interface MemoryPart {
  readonly what: string;
  readonly bytes: number;
  /** What makes it larger: the model, rows and context, the number of trained parameters, or nothing. */
  readonly grows: 'model' | 'batch' | 'training' | 'nothing';
}

const float = 4;
const half = 2;

/**
 * The largest resident memory of a process that does this work, part by part, the largest first. Counts the tensors
 * that live at the worst moment, as multiples of what they have in common; the multiples are fitted to measured peaks
 * (docs/backends.md, "Memory"). No tensor is made.
 */
export function estimateMemory(config: ModelConfig, work: Workload): readonly MemoryPart[] {
  const parts: readonly MemoryPart[] = [
    { what: 'Node and the backend', bytes: work.runtimeBytes, grows: 'nothing' },
    { what: 'the weights', bytes: weightBytes(config, work.precision), grows: 'model' },
    {
      what: 'trained tensors with gradients and optimizer',
      bytes: trainedBytes(config, work),
      grows: 'training',
    },
    { what: 'activations', bytes: float * activations(config, work), grows: 'batch' },
    { what: 'attention scores', bytes: float * scores(config, work), grows: 'batch' },
    { what: "every layer's input", bytes: float * layerInputs(config, work), grows: 'batch' },
    { what: 'products kept for the way back', bytes: keptProducts(config, work), grows: 'batch' },
    { what: 'logits', bytes: float * logits(config, work), grows: 'batch' },
  ];
  return [...parts].sort((a, b) => b.bytes - a.bytes);
}

/** The sum of all parts, in bytes. */
export function totalBytes(parts: readonly MemoryPart[]): number {
  return parts.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Numbers of all weights of a model. */
function parameterCount(config: ModelConfig): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function weightBytes(config: ModelConfig, precision: Workload['precision']): number {
  return [...parameterShapes(config).values()].reduce((sum, shape) => {
    const isHalf = precision === 'bfloat16' && hasHalfPrecision(shape);
    return sum + sizeOf(shape) * (isHalf ? half : float);
  }, 0);
}

/**
 * Parameter, gradient and two moments; the update makes parameter and moments anew before the old ones go; the best so
 * far is kept, and the model's own copy; and what the system has not taken back of all these.
 */
function trainedBytes(config: ModelConfig, { work, trainedNumbers }: Workload): number {
  if (work === 'measure') return float * trainedNumbers;
  // The weights themselves are counted with the weights.
  if (work === 'pretrain') return 7 * float * parameterCount(config);
  return 14 * float * trainedNumbers;
}

/** What one layer holds beside attention scores; its slopes too where it is trained. */
function activations(config: ModelConfig, workload: Workload): number {
  const { work, rows, context } = workload;
  const { hiddenSize, heads, headSize, intermediateSize, layers } = config;
  const tokens = rows * context;
  const attended = heads * headSize;
  const forward = tokens * (4 * hiddenSize + 6 * attended + 4 * intermediateSize);
  const linear = linearNumbers(config, workload);
  switch (work) {
    case 'measure':
      return forward + linear;
    case 'transfer':
      return forward + 2 * linear;
    case 'finetune':
      return 2 * forward + 3 * linear;
    case 'pretrain':
      return (layers + 1) * 3.5 * forward;
  }
}

/** Features of queries and keys, products inside chunks, and the states between them. */
function linearNumbers({ heads, headSize }: ModelConfig, { rows, context, features }: Workload): number {
  if (features === 0) return 0;
  const states = Math.ceil(context / chunkLength) * features * (headSize + 1);
  return rows * heads * (context * (4 * features + 2 * chunkLength + 4 * headSize) + 2 * states);
}

/** Softmax attention takes some queries at a time; the window's blocks exist all at once. */
function scores({ heads }: ModelConfig, { work, rows, context, window }: Workload): number {
  const run = rows * heads * Math.min(rowsAtOnce, context) * context;
  const block = Math.min(context, Math.max(window, smallestBlock));
  const blocks = window === 0 ? 0 : rows * heads * context * (Math.min(window, context) + block);
  switch (work) {
    case 'measure':
      return 4 * run + 3 * blocks;
    case 'transfer':
      return 10 * run + 3 * blocks;
    case 'finetune':
      return 6 * blocks;
    case 'pretrain':
      return 6 * run;
  }
}

function layerInputs({ layers, hiddenSize }: ModelConfig, { work, rows, context }: Workload): number {
  return work === 'finetune' ? layers * rows * context * hiddenSize : 0;
}

/** What the frozen projections of all layers gave, as long as there is room for it, in bytes. */
function keptProducts(config: ModelConfig, { work, rows, context }: Workload): number {
  if (work !== 'finetune') return 0;
  const { layers, hiddenSize, heads, keyValueHeads, headSize, intermediateSize } = config;
  const attention = (heads + 2 * keyValueHeads) * headSize + hiddenSize;
  const numbers = layers * rows * context * (attention + 2 * intermediateSize + hiddenSize);
  return Math.min(float * numbers, bytesKept);
}

/** Some rows at a time: logits, their exponentials, the right answers, and the slopes where there are any. */
function logits({ vocabularySize }: ModelConfig, { work, rows, context }: Workload): number {
  return (work === 'measure' ? 4 : 6) * Math.min(rows * context * vocabularySize, numbersAtOnce);
}
