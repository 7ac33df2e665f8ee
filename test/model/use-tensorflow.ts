import type { TestContext } from 'vitest';
import { rootSeed } from '../../src/base/seed.js';
import { tensorflow } from '../../src/plugins/backends/tensorflow.js';

/** What a backend is made with: none is made of other components. */
export const noComponents = {
  seed: rootSeed(0),
  component: () => Promise.reject(new Error('no backend is made of others')),
};

/** Makes native TensorFlow current, on the processor; skips the test, with the reason, where it was not set up. */
export async function useTensorflow({ skip }: Pick<TestContext, 'skip'>): Promise<void> {
  const missing = await startTensorflow();
  if (missing !== undefined) skip(missing);
}

/** Makes native TensorFlow current, or says why it cannot be. */
export async function startTensorflow(): Promise<string | undefined> {
  const backend = await tensorflow.create({ device: 'cpu' }, noComponents);
  const status = await backend.probe();
  if (!status.ready) return `${status.reason} ${status.remedy}`;
  await backend.start();
  return undefined;
}
