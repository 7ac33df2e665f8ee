import { join } from 'node:path';

/** Where things lie in a store. */
export interface StoreLayout {
  readonly root: string;
  /** One folder an artifact, named by its fingerprint; only ever renamed into place whole. */
  readonly artifacts: string;
  /** One folder a stage in work, named by its fingerprint. */
  readonly checkpoints: string;
  readonly runs: string;
  /** Work in progress; emptied by the next run that holds the lock. */
  readonly temporary: string;
  /** One file a living worker process. */
  readonly workers: string;
  readonly lock: string;
}

/** The layout of the store in a folder. */
export function storeLayout(root: string): StoreLayout {
  return {
    root,
    artifacts: join(root, 'artifacts'),
    checkpoints: join(root, 'checkpoints'),
    runs: join(root, 'runs'),
    temporary: join(root, 'temporary'),
    workers: join(root, 'workers'),
    lock: join(root, 'lock'),
  };
}
