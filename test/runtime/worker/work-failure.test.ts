import { expect, test } from 'vitest';
import { explainFailure } from '../../../src/runtime/worker/work-failure.js';
import type { WorkOrder } from '../../../src/runtime/worker/work-order.js';

const order = { store: '/store', stage: 'greedy', kind: 'model' } as WorkOrder;
const draft = '/store/temporary/greedy';

function full(path?: string): Error {
  const where = path === undefined ? {} : { path };
  return Object.assign(new Error('ENOSPC: no space left on device'), {
    ...{ code: 'ENOSPC', syscall: 'write' },
    ...where,
  });
}

test.each([
  ['while a file is written', undefined, draft],
  ['at a file of the store', `${draft}/tokens`, `${draft}/tokens`],
])('a full disk %s is that of the store', (_, path, place) => {
  expect(explainFailure(full(path), order, draft).failure).toEqual({
    type: 'failed',
    cause: `The disk is full: writing the result of "greedy" failed at ${place}.`,
    remedy: 'Free space, or name another place with --store, and run again. What is finished is kept.',
  });
});

test('a full disk at a file outside the store is not blamed on the store', () => {
  expect(explainFailure(full('/cache/refs/main'), order, draft).failure).toEqual({
    type: 'failed',
    cause: 'The system refused: ENOSPC: no space left on device.',
    remedy: 'Look at /cache/refs/main and run again.',
  });
});
