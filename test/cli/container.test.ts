import 'reflect-metadata';
import { inject, injectable } from 'tsyringe';
import { expect, test } from 'vitest';
import { instantiateRunner } from '../../src/cli/container.js';
import type { BackendInfo } from '../../src/runtime/contract/backend.js';
import type { StageEvent, StageRunner } from '../../src/runtime/contract/stage.js';
import { BackendToken, ClockToken, type Clock } from '../../src/runtime/contract/tokens.js';

@injectable()
class Wanting implements StageRunner {
  constructor(
    @inject(BackendToken) readonly backend: BackendInfo,
    @inject(ClockToken) readonly clock: Clock,
  ) {}

  async *run(): AsyncGenerator<StageEvent, void, undefined> {
    yield await Promise.resolve({ type: 'output', summary: {} } as const);
  }
}

class Modest implements StageRunner {
  run = (): AsyncGenerator<StageEvent, void, undefined> => new Wanting(backend, { now: () => 0 }).run();
}

const backend: BackendInfo = { name: 'cpu', version: '1', device: 'cpu' };

test('a runner gets by token what its constructor asks for, and each work order has its own', () => {
  const first = instantiateRunner(Wanting, backend);
  const second = instantiateRunner(Wanting, { ...backend, name: 'wasm' });
  expect(first).toMatchObject({ backend: { name: 'cpu' }, clock: { now: expect.any(Function) as unknown } });
  expect(second).toMatchObject({ backend: { name: 'wasm' } });
});

test('a runner that asks for nothing needs no mark', () => {
  expect(instantiateRunner(Modest, undefined)).toBeInstanceOf(Modest);
});

test('a runner that asks for a backend where there is none is refused', () => {
  expect(() => instantiateRunner(Wanting, undefined)).toThrow('BackendInfo');
});
