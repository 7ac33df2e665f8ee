import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { tellFullCache } from '../../../src/plugins/hub/full-cache.js';

const settings = { endpoint: 'http://localhost', cache: '/caches/hub', offline: false };
const request = { settings, signal: new AbortController().signal };

test.each([
  ['a full disk', { code: 'ENOSPC', errno: -constants.errno.ENOSPC }],
  ['a quota that is used up', { code: 'Unknown system error -122', errno: -constants.errno.EDQUOT }],
])('%s is that of the cache', async (_, error) => {
  const work = failing(Object.assign(new Error('write'), error));
  await expect(
    tellFullCache(work, { repository: 'maker/tiny', revision: 'main' }, request).next(),
  ).rejects.toThrow(
    'maker/tiny at main: the disk of /caches/hub is full. Free some space, or set HF_HUB_CACHE to a folder on a ' +
      'larger disk. Then run again.',
  );
});

test('another error stays what it is', async () => {
  const error = Object.assign(new Error('no right'), { code: 'EACCES' });
  const told = tellFullCache(failing(error), { repository: 'maker/tiny', revision: 'main' }, request);
  await expect(told.next()).rejects.toBe(error);
});

// eslint-disable-next-line require-yield -- it fails before it has anything to give
async function* failing(error: Error): AsyncGenerator<never, void, undefined> {
  await Promise.reject(error);
}
