import type * as tf from '@tensorflow/tfjs';
import type { Conversion } from '../../model/hybrid/conversion.js';
import { hybridAttention } from '../../model/hybrid/hybrid-attention.js';
import { languageModelLoss } from '../../model/losses/language-model-loss.js';
import type { Adapters } from '../../model/low-rank.js';
import type { Llama } from '../../model/transformer.js';
import type { MetricValue } from '../../runtime/contract/stage.js';
import { probes } from './probe-metrics.js';
import { validationLoss, type ValidationRows } from './validation-loss.js';

/** A converted model as it stands at an evaluation. */
export interface ProbedModel {
  readonly llama: Llama;
  readonly conversion: Conversion;
  /** The conversion's tensors. */
  readonly trained: ReadonlyMap<string, tf.Tensor>;
  readonly adapters?: Adapters | undefined;
}

/** The next-token loss of each branch on the same held-out rows. */
export async function probeBranches(
  { llama, conversion, trained, adapters }: ProbedModel,
  rows: ValidationRows,
): Promise<Map<string, MetricValue>> {
  const found = new Map<string, MetricValue>();
  for (const branch of probes) {
    const attention = hybridAttention(conversion, trained, { branch, renormalise: true });
    const loss = await validationLoss(rows, (batch) =>
      languageModelLoss(llama, batch, { attention, adapters }),
    );
    found.set(`${branch}.loss`, loss);
  }
  return found;
}
