import process from 'node:process';
import * as tf from '@tensorflow/tfjs';
import type { Precision } from '../../model/bfloat16/bfloat16-weights.js';
import type { ModelConfig } from '../../model/config.js';
import { estimateMemory, totalBytes, type MemoryPart, type Workload } from '../../model/memory-estimate.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import { availableMemory, memoryVariable, type AvailableMemory } from './available-memory.js';

const gibibyte = 2 ** 30;

/** Measured with a tokenizer of 49152 tokens; TensorFlow's libraries alone take 280 MiB. */
const runtimeBytes = { native: 480 * 2 ** 20, javascript: 150 * 2 ** 20 } as const;

/** Addresses of WebAssembly have 32 bits. */
const wasmBytes = 4 * gibibyte;

/** Work with a model; what the process takes without it is known here. */
export type PlannedWork = Omit<Workload, 'runtimeBytes'>;

/**
 * Throws `StageFailure` where the work would need more memory than there is for it: with the estimate, what is there,
 * what takes most, and what to change. Nothing needs to be loaded yet. On a graphics card nothing is refused: tensors
 * do not lie in the machine's memory there.
 */
export function refuseExcess(
  config: ModelConfig,
  planned: PlannedWork,
  available: AvailableMemory = memoryOfBackend(),
): void {
  const runtime = tf.getBackend() === 'tensorflow' ? runtimeBytes.native : runtimeBytes.javascript;
  const workload = { ...planned, runtimeBytes: runtime };
  const parts = estimateMemory(config, workload);
  const needed = totalBytes(parts);
  if (needed > available.bytes) throw new StageFailure(explanation({ parts, workload, available }));
}

/** As `refuseExcess`, for the weights alone: before any work with a model is known. */
export function refuseWeights(config: ModelConfig, precision: Precision): void {
  refuseExcess(config, {
    work: 'measure',
    rows: 1,
    context: 1,
    precision,
    features: 0,
    window: 0,
    trainedNumbers: 0,
  });
}

function memoryOfBackend(): AvailableMemory {
  if (computesOnCard()) return { bytes: Infinity, origin: 'a graphics card' };
  const memory = availableMemory(process.env);
  return tf.getBackend() === 'wasm' && memory.bytes > wasmBytes
    ? { bytes: wasmBytes, origin: 'what WebAssembly can address; the backend tensorflow takes more' }
    : memory;
}

function computesOnCard(): boolean {
  if (tf.getBackend() === 'webgpu') return true;
  return (tf.backend() as { readonly isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}

interface Excess {
  readonly parts: readonly MemoryPart[];
  readonly workload: Workload;
  readonly available: AvailableMemory;
}

function explanation({ parts, workload, available }: Excess): string {
  const largest = parts.slice(0, 3).map(({ what, bytes }) => `${what} ${sizeText(bytes)}`);
  return (
    `This would need about ${sizeText(totalBytes(parts))} of memory, and there are ${sizeText(available.bytes)} for it ` +
    `(${available.origin}). Most of it: ${largest.join(', ')}. ${remedy(parts, workload)} ` +
    `This stage has computed nothing yet. ${memoryVariable} sets another limit, where the estimate is wrong.`
  );
}

/** What to change is what together takes most. */
function remedy(parts: readonly MemoryPart[], { rows, context, precision }: Workload): string {
  const sum = (grows: MemoryPart['grows']): number =>
    totalBytes(parts.filter((part) => part.grows === grows));
  const most = Math.max(sum('model'), sum('batch'), sum('training'));
  if (sum('batch') === most) return `Lower the batch (${rows}) or the context (${context} tokens).`;
  if (sum('training') === most)
    return 'Train less at once: a lower rank, smaller feature maps, fewer targets.';
  return precision === 'bfloat16'
    ? 'Use a smaller model, or a machine with more memory.'
    : 'Keep the weights in half the memory (precision = bf16 in the model stage, on the backend tensorflow), use a smaller model, or a machine with more memory.';
}

function sizeText(bytes: number): string {
  return bytes < gibibyte ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / gibibyte).toFixed(1)} GiB`;
}
