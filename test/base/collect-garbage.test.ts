import { expect, test } from 'vitest';
import { collectGarbage } from '../../src/base/collect-garbage.js';

test('an array that nobody uses any more is freed at once', async () => {
  const megabytes = (): number => process.memoryUsage().arrayBuffers / 2 ** 20;
  collectGarbage();
  const before = megabytes();
  const used = ((): number => {
    const numbers = new Float32Array(2 ** 24).fill(1);
    return megabytes() - before + (numbers[5] ?? 0) - 1;
  })();
  expect(used).toBeGreaterThan(60);
  collectGarbage();
  // Node frees the memory of arrays in another thread.
  await expect.poll(() => megabytes() - before).toBeLessThan(16);
});
