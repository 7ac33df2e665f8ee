import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    // Those have a configuration of their own, for they need more than npm gives.
    exclude: ['test/full/**', '**/node_modules/**'],
    setupFiles: ['test/setup.ts'],
    // Two cores: a second tensor process beside the first makes both far slower.
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
