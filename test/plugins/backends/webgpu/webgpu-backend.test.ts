import { expect, test } from 'vitest';
import type { DawnPackages } from '../../../../src/plugins/backends/webgpu/dawn.js';
import { WebgpuBackend } from '../../../../src/plugins/backends/webgpu/webgpu-backend.js';
import type { BackendStatus } from '../../../../src/runtime/contract/backend.js';

const environment = { PATH: process.env['PATH'] };

/** A stand-in for Dawn with this body of `requestAdapter`. */
function dawn(body: string): DawnPackages {
  const code = `export const create = () => ({ requestAdapter: async () => { ${body} } });`;
  return {
    dawn: `data:text/javascript,${encodeURIComponent(code)}`,
    backend: 'data:text/javascript,',
    version: 'tfjs 4, Dawn 0',
  };
}

const probe = (packages: DawnPackages | undefined): Promise<BackendStatus> =>
  new WebgpuBackend(environment, packages).probe();

test('a card is ready, with its name', async () => {
  const body = `return { info: { vendor: 'acme', device: 'acme-9000', isFallbackAdapter: false } };`;
  expect(await probe(dawn(body))).toEqual({
    ready: true,
    info: { name: 'webgpu', version: 'tfjs 4, Dawn 0', device: 'acme-9000' },
  });
});

test('a card without a name is called by its maker', async () => {
  const body = `return { info: { vendor: 'acme', device: '', isFallbackAdapter: false } };`;
  expect(await probe(dawn(body))).toMatchObject({ info: { device: 'acme' } });
});

test('a driver in software is ready, and said to be one', async () => {
  const body = `return { info: { vendor: 'google', device: 'swift--shader-', isFallbackAdapter: true } };`;
  expect(await probe(dawn(body))).toEqual({
    ready: true,
    info: {
      name: 'webgpu',
      version: 'tfjs 4, Dawn 0',
      device: 'swift--shader, in software',
      software: true,
    },
  });
});

test('what Dawn prints besides its answer changes nothing', async () => {
  const body = `console.log('hello'); return { info: { vendor: 'acme', device: '', isFallbackAdapter: false } };`;
  expect(await probe(dawn(body))).toMatchObject({ ready: true });
});

test.each([
  ['nothing to compute on', 'return null;', 'Dawn finds no graphics card.'],
  [
    'a driver that is missing',
    `console.error("Warning: Couldn't load Vulkan: no such file\\n    at operator()"); return null;`,
    "Dawn finds no graphics card: Couldn't load Vulkan: no such file.",
  ],
  [
    'a driver that ends the process',
    'process.abort();',
    'Dawn broke while it looked for a graphics card (ended by SIGABRT).',
  ],
  [
    'a library that does not load',
    `throw new Error('GLIBC_2.99 not found');`,
    'Dawn broke while it looked for a graphics card (Error: GLIBC_2.99 not found).',
  ],
])('%s is a reason, with a remedy, and ends nobody else', async (_, body, reason) => {
  const status = await probe(dawn(body));
  expect(status).toMatchObject({ ready: false, reason });
  expect(status).toHaveProperty('remedy', expect.stringContaining('Install'));
});

test('where npm left the optional packages out, the command that brings them is named', async () => {
  expect(await probe(undefined)).toEqual({
    ready: false,
    reason: 'The optional packages webgpu and @tensorflow/tfjs-backend-webgpu are not installed.',
    remedy: 'Run "npm ci --include=optional" in the folder of hpl.',
  });
});
