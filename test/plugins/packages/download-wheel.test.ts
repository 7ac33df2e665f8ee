import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { sha256 } from '../../../src/base/hash.js';
import { downloadWheel } from '../../../src/plugins/packages/download-wheel.js';
import { serve, startServer } from './file-server.js';
import { temporaryFolder } from './temporary-folder.js';

const content = Buffer.from('0123456789'.repeat(1000));
const wheel = (url: string): { file: string; url: string; sha256: string } => ({
  file: 'tensorflow.whl',
  url,
  sha256: sha256(content),
});
const receiver = {
  onBytes: (): void => undefined,
  again: 'Run "npx hpl setup" again',
  behindProxy: 'Or fetch it by hand.',
};

test('a file arrives whole, and every byte is reported', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  const reports: (number | undefined)[][] = [];
  await downloadWheel(wheel(await startServer(serve(content))), path, {
    ...receiver,
    onBytes: (...report) => reports.push(report),
  });
  expect(await readFile(path)).toEqual(content);
  expect(reports.at(-1)).toEqual([10_000, 10_000]);
});

test('what a killed download left is continued, not fetched again', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  await writeFile(`${path}.part`, content.subarray(0, 4000));
  const ranges: (string | undefined)[] = [];
  const url = await startServer((request, response) => {
    ranges.push(request.headers.range);
    serve(content)(request, response);
  });
  await downloadWheel(wheel(url), path, receiver);
  expect(ranges).toEqual(['bytes=4000-']);
  expect(await readFile(path)).toEqual(content);
});

test('a connection that breaks is taken up where it broke', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  const ranges: (string | undefined)[] = [];
  const url = await startServer((request, response) => {
    ranges.push(request.headers.range);
    if (ranges.length > 1) {
      serve(content)(request, response);
      return;
    }
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 2500), () => setImmediate(() => response.destroy()));
  });
  await downloadWheel(wheel(url), path, receiver);
  expect(ranges).toHaveLength(2);
  expect(await readFile(path)).toEqual(content);
});

test('a server that cannot continue sends everything again', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  await writeFile(`${path}.part`, 'something else');
  const url = await startServer((_, response) => {
    response.writeHead(200, { 'content-length': content.length }).end(content);
  });
  await downloadWheel(wheel(url), path, receiver);
  expect(await readFile(path)).toEqual(content);
});

test('a part that is complete already is only checked', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  await writeFile(`${path}.part`, content);
  await downloadWheel(wheel(await startServer(serve(content))), path, receiver);
  expect(await readFile(path)).toEqual(content);
});

test('a finished file with the right checksum is not asked for', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  await writeFile(path, content);
  await downloadWheel(wheel('http://127.0.0.1:9/nobody-listens'), path, receiver);
  expect(await readFile(path)).toEqual(content);
});

test('a damaged file is deleted and named with both checksums', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  const damaged = Buffer.from('damaged');
  const url = await startServer(serve(damaged));
  await expect(downloadWheel(wheel(url), path, receiver)).rejects.toMatchObject({
    name: 'MissingPiece',
    message: `tensorflow.whl arrived damaged: its SHA-256 is ${sha256(damaged)}, expected ${sha256(content)}. It was deleted.`,
    remedy: 'Run "npx hpl setup" again.',
  });
  await expect(readFile(`${path}.part`)).rejects.toThrow('ENOENT');
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});

test('a host that refuses is asked once, and named with its answer', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  let asked = 0;
  const url = await startServer((_, response) => {
    asked += 1;
    response.writeHead(404).end();
  });
  await expect(downloadWheel(wheel(url), path, receiver)).rejects.toThrow(
    `tensorflow.whl could not be downloaded from ${new URL(url).host}: the server answered 404.`,
  );
  expect(asked).toBe(1);
});

test('a host that is overloaded is asked three times', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  let asked = 0;
  const url = await startServer((_, response) => {
    asked += 1;
    response.writeHead(503).end();
  });
  await expect(downloadWheel(wheel(url), path, receiver)).rejects.toThrow('the server answered 503.');
  expect(asked).toBe(3);
});

test('a name and a password in the address are sent as the header that they mean', async () => {
  const path = join(await temporaryFolder(), 'tensorflow.whl');
  const seen: (string | undefined)[] = [];
  const url = await startServer((request, response) => {
    seen.push(request.headers.authorization);
    serve(content)(request, response);
  });
  await downloadWheel(wheel(url.replace('//', '//ada:p%40ss@')), path, receiver);
  expect(seen).toEqual([`Basic ${Buffer.from('ada:p@ss').toString('base64')}`]);
});

test('a wheel in a folder that pip was told of is copied', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'source.whl'), content);
  const path = join(folder, 'tensorflow.whl');
  await downloadWheel(wheel(pathToFileURL(join(folder, 'source.whl')).href), path, receiver);
  expect(await readFile(path)).toEqual(content);
});
