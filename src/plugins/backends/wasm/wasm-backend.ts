import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Backend, BackendInfo, BackendStatus } from '../../../runtime/contract/backend.js';

const packageName = '@tensorflow/tfjs-backend-wasm';

/** The embedded backend: WebAssembly with SIMD, from the files of its npm package, without any network. */
export class WasmBackend implements Backend {
  readonly name = 'wasm';

  async probe(): Promise<BackendStatus> {
    try {
      const folder = packageFolder();
      await access(join(folder, 'dist', 'tfjs-backend-wasm-simd.wasm'));
      return { ready: true, info: await infoOf(folder) };
    } catch {
      return {
        ready: false,
        reason: `The package ${packageName} is missing or incomplete.`,
        remedy: 'Run "npm ci" in the folder of hpl.',
      };
    }
  }

  async start(): Promise<BackendInfo> {
    const folder = packageFolder();
    const { startWasm } = await import('./start.js');
    await startWasm(join(folder, 'dist'));
    return infoOf(folder);
  }
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
}

async function infoOf(folder: string): Promise<BackendInfo> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  // Threads need a browser's workers: in Node the package computes on one core.
  return { name: 'wasm', version: `tfjs ${version}`, device: 'cpu, 1 thread, SIMD' };
}
