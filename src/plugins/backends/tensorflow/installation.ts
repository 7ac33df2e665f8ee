import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failed, ok, type Result } from '../../../base/result.js';
import { isJsonObject } from '../../../base/json.js';
import type { Variant } from './location.js';
import { bindingVersion } from './versions.js';

/** Raised when a layout that an older setup made cannot be used any more. */
const layout = 'hpl.tensorflow/1';

/** Names inside an installation's folder. */
export const names = {
  /** Written last: its presence says that everything else is complete. */
  record: 'setup.json',
  /** The JavaScript and C++ sources of the npm package. */
  package: 'package',
  /** The compiled link between Node and TensorFlow. */
  binding: 'lib/tfjs_binding.node',
  /** TensorFlow's own libraries and headers, in the layout of its wheel. */
  libraries: 'wheel',
  /** The npm package with Node's headers. */
  headers: 'headers',
  /** Node's headers in that package. */
  nodeHeaders: 'headers/include',
} as const;

/** Included by TensorFlow's header for own operations, and not by the binding. */
const kernelHeader = 'tensorflow/core/common_runtime/next_pluggable_device/c/tf_rendezvous_c_api.h';

/** What setup has made ready on this machine. */
export interface Installation {
  readonly variant: Variant;
  readonly folder: string;
  /** What TensorFlow says about itself, such as `2.21.0`. */
  readonly tensorflow: string;
  /** Where TensorFlow came from: `tensorflow-cpu 2.21.0`, or the folder given to `--from`. */
  readonly origin: string;
}

/** The content of the record that setup writes at the end. */
export function installationRecord(installation: Omit<Installation, 'folder'>): string {
  const { variant, tensorflow, origin } = installation;
  return `${JSON.stringify({ schema: layout, variant, tensorflow, binding: bindingVersion, origin }, undefined, 2)}\n`;
}

/** Reads what setup left in a folder. The error is a sentence that says what is missing or does not fit. */
export async function readInstallation(folder: string): Promise<Result<Installation, string>> {
  const record = await readRecord(join(folder, names.record));
  if (record === undefined) return failed('TensorFlow is not set up on this machine.');
  const { schema, binding, tensorflow, origin, variant } = record;
  if (schema !== layout || binding !== bindingVersion || typeof tensorflow !== 'string')
    return failed(`${folder} was made by another version of hpl.`);
  for (const part of [names.binding, join(names.package, 'dist/nodejs_kernel_backend.js')])
    if (!(await exists(join(folder, part)))) return failed(`${join(folder, part)} is missing.`);
  return ok({
    variant: variant === 'cuda' ? 'cuda' : 'cpu',
    folder,
    tensorflow,
    origin: typeof origin === 'string' ? origin : 'unknown',
  });
}

/** Whether the headers are there that fused operations are compiled with. */
export async function hasKernelHeaders({ folder }: Installation): Promise<boolean> {
  return exists(join(folder, names.libraries, 'tensorflow', 'include', kernelHeader));
}

async function readRecord(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isJsonObject(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Follows links, so a link to a library that was deleted counts as missing. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
