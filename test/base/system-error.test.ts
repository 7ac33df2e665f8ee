import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { codeOf, isDiskFull } from '../../src/base/system-error.js';

/** As Node throws it: it has no name for this one. */
const quota = Object.assign(new Error('Unknown system error -122: Unknown system error -122, write'), {
  ...{ code: 'Unknown system error -122', errno: -constants.errno.EDQUOT, syscall: 'write' },
});

test.each([
  ['no space', Object.assign(new Error(), { code: 'ENOSPC', errno: -28 }), 'ENOSPC', true],
  ['a quota that is used up', quota, 'EDQUOT', true],
  ['no right', Object.assign(new Error(), { code: 'EACCES', errno: -13 }), 'EACCES', false],
  ['no error of the system', new Error('ENOSPC'), undefined, false],
  ['no error at all', 'ENOSPC', undefined, false],
])('%s has its code', (_, thrown, code, full) => {
  expect([codeOf(thrown), isDiskFull(thrown)]).toEqual([code, full]);
});
