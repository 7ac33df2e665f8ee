import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // Two cores: a second tensor process beside the first makes both far slower.
    maxWorkers: 2,
    testTimeout: 30_000,
  },
});
