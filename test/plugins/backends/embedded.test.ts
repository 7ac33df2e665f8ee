import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, test, vi } from 'vitest';
import type { ComponentValue } from '../../../src/base/signatures.js';
import { rootSeed } from '../../../src/base/seed.js';
import { auto } from '../../../src/plugins/backends/auto.js';
import { cpu } from '../../../src/plugins/backends/cpu.js';
import { wasm } from '../../../src/plugins/backends/wasm.js';
import type { Backend, BackendStatus } from '../../../src/runtime/contract/backend.js';
import type { ComponentContext } from '../../../src/runtime/contract/plugin.js';

const context: ComponentContext = {
  seed: rootSeed(1),
  component: () => Promise.reject(new Error('not asked for')),
};

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  { plugin: wasm, device: 'cpu, 1 thread, SIMD' },
  { plugin: cpu, device: 'cpu, 1 thread, JavaScript' },
])(
  '$plugin.name is ready, starts as often as asked, computes, and prints nothing',
  async ({ plugin, device }) => {
    const { name } = plugin;
    const printed = (['log', 'info', 'warn', 'error'] as const).map((method) => vi.spyOn(console, method));
    const network = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'));
    const backend = await plugin.create({}, context);
    const info = { name, version: 'tfjs 4.22.0', device };
    expect(await backend.probe()).toEqual({ ready: true, info });
    expect(await backend.start()).toEqual(info);
    expect(await backend.start()).toEqual(info);
    expect(tf.getBackend()).toBe(name);
    const [gradient] = tf.tidy(() => {
      const loss = (table: tf.Tensor): tf.Tensor => tf.gather(table, tf.tensor1d([1, 1], 'int32')).sum();
      return [
        tf
          .grad(loss)(tf.ones([2, 2]))
          .arraySync(),
      ];
    });
    expect(gradient).toEqual([
      [0, 0],
      [2, 2],
    ]);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
    expect(network).not.toHaveBeenCalled();
  },
);

const candidate = (name: string, status: BackendStatus): Backend => ({
  name,
  probe: () => Promise.resolve(status),
  start: () =>
    status.ready ? Promise.resolve(status.info) : Promise.reject(new Error(`${name} was started unready`)),
});
const ready = (name: string): Backend =>
  candidate(name, { ready: true, info: { name, version: '1', device: 'test' } });
const unready = (name: string): Backend =>
  candidate(name, { ready: false, reason: `${name} is not installed.`, remedy: `Install ${name}.` });

async function autoOf(candidates: readonly Backend[]): Promise<Backend> {
  const order = candidates.map(({ name }): ComponentValue => ({ plugin: name, options: {} }));
  const component = (_: unknown, value: { plugin: string }): Promise<unknown> =>
    Promise.resolve(candidates.find(({ name }) => name === value.plugin));
  return auto.create({ order }, { ...context, component: component as ComponentContext['component'] });
}

test('auto takes the first that is ready, and says which', async () => {
  const backend = await autoOf([unready('a'), ready('b'), ready('c')]);
  expect(await backend.probe()).toMatchObject({ ready: true, info: { name: 'b' } });
  expect(await backend.start()).toMatchObject({ name: 'b' });
});

test('where none is ready, auto gives every reason', async () => {
  const backend = await autoOf([unready('a'), unready('b')]);
  expect(await backend.probe()).toEqual({
    ready: false,
    reason: 'No backend is ready. a: a is not installed. b: b is not installed.',
    remedy: 'Install b.',
  });
  await expect(backend.start()).rejects.toThrow('No backend is ready.');
});

test('auto passes a card that the processor imitates over, and says so', async () => {
  const imitated = candidate('webgpu', {
    ready: true,
    info: { name: 'webgpu', version: '1', device: 'swiftshader, in software', software: true },
  });
  expect(await (await autoOf([imitated, ready('wasm')])).probe()).toMatchObject({
    info: {
      name: 'wasm',
      why: 'the best that is ready; webgpu: No graphics card: swiftshader, in software, which is slower than the other backends.',
    },
  });
  expect(await (await autoOf([imitated])).probe()).toMatchObject({
    ready: false,
    remedy: 'To compute on it all the same, write backend = webgpu.',
  });
});
