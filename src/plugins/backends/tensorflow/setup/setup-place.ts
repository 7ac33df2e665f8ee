import type { Environment } from '../../../packages/cache-folder.js';
import type { Report } from './setup-event.js';
import type { Tools } from './setup-tools.js';

/** What every step of setup works with. */
export interface SetupPlace {
  readonly tools: Tools;
  readonly environment: Environment;
  /** Kept until setup is finished, so that an interrupted one goes on from here. */
  readonly downloads: string;
  /** Becomes the installation when everything in it is complete. */
  readonly staging: string;
  readonly report: Report;
}
