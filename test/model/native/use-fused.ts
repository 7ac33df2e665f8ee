import type { TestContext } from 'vitest';
import { hasFusedOperations } from '../../../src/model/native/fused.js';
import { useTensorflow } from '../use-tensorflow.js';

/** Makes native TensorFlow current; skips the test where it, or its fused operations, are not there. */
export async function useFused(context: Pick<TestContext, 'skip'>): Promise<void> {
  await useTensorflow(context);
  if (!hasFusedOperations()) context.skip('the fused operations were not compiled; run "npx hpl setup"');
}
