import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Backend, BackendInfo, BackendStatus } from '../../../runtime/contract/backend.js';

/** Plain JavaScript; part of tfjs itself. */
export class CpuBackend implements Backend {
  readonly name = 'cpu';

  async probe(): Promise<BackendStatus> {
    try {
      return { ready: true, info: await info() };
    } catch {
      return {
        ready: false,
        reason: 'The package @tensorflow/tfjs is missing or incomplete.',
        remedy: 'Run "npm ci" in the folder of hpl.',
      };
    }
  }

  async start(): Promise<BackendInfo> {
    const { startCpu } = await import('./start.js');
    await startCpu();
    return info();
  }
}

async function info(): Promise<BackendInfo> {
  const file = createRequire(import.meta.url).resolve('@tensorflow/tfjs/package.json');
  const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
  return { name: 'cpu', version: `tfjs ${version}`, device: 'cpu, 1 thread, JavaScript' };
}
