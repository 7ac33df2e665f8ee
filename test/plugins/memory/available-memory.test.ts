import { expect, test } from 'vitest';
import { availableMemory } from '../../../src/plugins/memory/available-memory.js';

const gibibyte = 2 ** 30;

test('the machine keeps a twentieth and half a GiB', () => {
  expect(availableMemory({}, { total: 20 * gibibyte, limit: 0 })).toEqual({
    bytes: 18.5 * gibibyte,
    origin: '20 GiB on this machine, less what the system keeps',
  });
});

test('the limit of a control group counts where it is less than the machine has', () => {
  expect(availableMemory({}, { total: 64 * gibibyte, limit: 10 * gibibyte })).toEqual({
    bytes: 9 * gibibyte,
    origin: '10 GiB in this control group, less what the system keeps',
  });
  // Kernels say "no limit" by a number that no machine has.
  const unlimited = availableMemory({}, { total: 20 * gibibyte, limit: 2 ** 63 });
  expect(unlimited.origin).toBe('20 GiB on this machine, less what the system keeps');
});

test('HPL_MEMORY_GIB is taken as it is', () => {
  expect(availableMemory({ HPL_MEMORY_GIB: '3.5' }, { total: gibibyte, limit: 0 })).toEqual({
    bytes: 3.5 * gibibyte,
    origin: 'HPL_MEMORY_GIB',
  });
});

test.each(['much', '-1', '0', 'Infinity'])('HPL_MEMORY_GIB = "%s" is refused', (text) => {
  expect(() => availableMemory({ HPL_MEMORY_GIB: text })).toThrow(
    `The variable HPL_MEMORY_GIB is "${text}". Set it to a number of GiB, such as 24, or unset it.`,
  );
});
