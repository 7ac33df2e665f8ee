import type { Environment } from '../../../packages/cache-folder.js';
import type { FusedTarget } from '../fused-library.js';
import type { Variant } from '../location.js';
import type { NpmPackage } from './npm-package.js';

/** What to set up, where, and on which machine. */
export interface SetupRequest {
  readonly variant: Variant;
  /** A folder with a TensorFlow at hand, instead of the package index. */
  readonly from?: string;
  /** hpl's cache folder. */
  readonly cache: string;
  readonly environment: Environment;
  /** `linux-x64`. */
  readonly platform: string;
  /** The Node that will load the binding. */
  readonly node: string;
  readonly pid: number;
  /** What to fetch from the npm registry. */
  readonly packages?: SetupPackages;
  /** Which fused operations to compile; where absent, those of this hpl for this processor. */
  readonly fused?: FusedTarget;
}

/** The packages of the npm registry that setup needs. */
export interface SetupPackages {
  readonly binding: NpmPackage;
  readonly headers: NpmPackage;
}
