import type { ComponentValue } from '../base/signatures.js';
import { rootSeed } from '../base/seed.js';
import type { Catalogue } from './catalogue.js';
import type { Backend, BackendInfo, BackendStatus } from './contract/backend.js';
import { createComponent } from './worker/stage-context.js';

/** What a run computes on. */
export interface BackendChoice {
  readonly info: BackendInfo;
  /** What the workers start: the backend that was found ready, frozen for the whole run. */
  readonly component: ComponentValue;
}

/** The words of a backend that is not ready. */
export type BackendRefusal = Extract<BackendStatus, { readonly ready: false }>;

/** Looks whether the backend that a pipeline names is ready, without starting it. */
export async function chooseBackend(
  catalogue: Catalogue,
  asked: ComponentValue,
): Promise<BackendChoice | BackendRefusal> {
  const backend = await createComponent<Backend>(catalogue, rootSeed(0), { kind: 'backend', value: asked });
  const status = await backend.probe();
  if (!status.ready) return status;
  const { info } = status;
  const isKnown = catalogue.signatures.components.get('backend')?.has(info.name) === true;
  const component = info.name === asked.plugin || !isKnown ? asked : { plugin: info.name, options: {} };
  return { info, component };
}
