import 'reflect-metadata';
import { container, type InjectionToken } from 'tsyringe';
import type { BackendInfo } from '../runtime/contract/backend.js';
import type { StageRunner } from '../runtime/contract/stage.js';
import { BackendToken, ClockToken } from '../runtime/contract/tokens.js';

/** Makes the runner of one work order, with what its constructor asks for by token. */
export function instantiateRunner(
  runner: new (...injected: never[]) => StageRunner,
  backend: BackendInfo | undefined,
): StageRunner {
  const scope = container.createChildContainer();
  scope.register(ClockToken, { useValue: { now: () => performance.now() } });
  if (backend !== undefined) scope.register(BackendToken, { useValue: backend });
  return scope.resolve(runner as InjectionToken<StageRunner>);
}
