import { formatBytes } from '../../base/format-quantity.js';
import type { ModelConfig } from '../../model/config.js';
import { estimateMemory, totalBytes, type MemoryPart, type Workload } from '../../model/memory-estimate.js';
import { memoryVariable, type AvailableMemory } from './available-memory.js';
import { memoryOfPlace, type ComputePlace } from './compute-place.js';

/** Measured with a tokenizer of 49152 tokens; TensorFlow's libraries alone take 280 MiB. */
const runtimeBytes = { native: 480 * 2 ** 20, javascript: 150 * 2 ** 20 } as const;

/** Work with a model; what the process takes without it is known here. */
export type PlannedWork = Omit<Workload, 'runtimeBytes'>;

/** What work would take. */
export interface WorkEstimate {
  readonly bytes: number;
  /**
   * Where that is more than there is: the estimate, what is there, what takes most, and what to change. It goes on
   * where a sentence has named what would take it: `would need about 12.3 GiB of memory, and ...`.
   */
  readonly excess?: string;
}

/** The end of every refusal. */
export const otherLimit = `${memoryVariable} sets another limit, where the estimate is wrong.`;

/** The weights alone: before any work with a model is known. */
export function weightsAlone(precision: Workload['precision']): PlannedWork {
  const nothing = { features: 0, window: 0, trainedNumbers: 0 };
  return { work: 'measure', rows: 1, context: 1, precision, ...nothing };
}

/** Estimates the largest memory of a worker, beside what there is for it. Nothing needs to be loaded. */
export function estimateWork(
  config: ModelConfig,
  planned: PlannedWork,
  place: ComputePlace,
  available: AvailableMemory = memoryOfPlace(place),
): WorkEstimate {
  const runtime = place.backend === 'tensorflow' ? runtimeBytes.native : runtimeBytes.javascript;
  const workload = { ...planned, runtimeBytes: runtime };
  const parts = estimateMemory(config, workload);
  const bytes = totalBytes(parts);
  return bytes > available.bytes ? { bytes, excess: explanation(parts, workload, available) } : { bytes };
}

function explanation(
  parts: readonly MemoryPart[],
  workload: Workload,
  { bytes, origin }: AvailableMemory,
): string {
  const largest = parts.slice(0, 3).map((part) => `${part.what} ${formatBytes(part.bytes)}`);
  return (
    `would need about ${formatBytes(totalBytes(parts))} of memory, and there are ${formatBytes(bytes)} for it ` +
    `(${origin}). Most of it: ${largest.join(', ')}. ${remedy(parts, workload, bytes)}`
  );
}

/** What to change is what together takes most, unless what no smaller batch and no less training takes is too much. */
function remedy(
  parts: readonly MemoryPart[],
  { rows, context, precision }: Workload,
  available: number,
): string {
  const sum = (grows: MemoryPart['grows']): number =>
    totalBytes(parts.filter((part) => part.grows === grows));
  if (sum('nothing') > available) return 'Use a machine with more memory.';
  if (sum('nothing') + sum('model') > available) return smallerModel(precision);
  const most = Math.max(sum('model'), sum('batch'), sum('training'));
  if (sum('batch') === most) return `Lower the batch (${rows}) or the context (${context} tokens).`;
  if (sum('training') === most)
    return 'Train less at once: a lower rank, smaller feature maps, fewer targets.';
  return smallerModel(precision);
}

function smallerModel(precision: Workload['precision']): string {
  return precision === 'bfloat16'
    ? 'Use a smaller model, or a machine with more memory.'
    : 'Keep the weights in half the memory (precision = bf16 in the model stage, on the backend tensorflow), use a smaller model, or a machine with more memory.';
}
