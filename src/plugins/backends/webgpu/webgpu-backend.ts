import process from 'node:process';
import type { Backend, BackendInfo, BackendStatus } from '../../../runtime/contract/backend.js';
import type { AdapterInfo, DawnPackages } from './dawn.js';
import { findAdapter } from './find-adapter.js';

const remedies: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'Install the driver of the card with its Vulkan part, and the Vulkan loader (libvulkan1 on Debian).',
};

/** A graphics card, by tfjs's WebGPU backend on Dawn. */
export class WebgpuBackend implements Backend {
  readonly name = 'webgpu';

  constructor(
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private readonly packages: DawnPackages | undefined,
  ) {}

  async probe(): Promise<BackendStatus> {
    if (this.packages === undefined)
      return {
        ready: false,
        reason: 'The optional packages webgpu and @tensorflow/tfjs-backend-webgpu are not installed.',
        remedy: 'Run "npm ci --include=optional" in the folder of hpl.',
      };
    const adapter = await findAdapter(this.packages.dawn, this.environment);
    if (adapter.ok) return { ready: true, info: this.#info(adapter.value, this.packages.version) };
    return {
      ready: false,
      reason: adapter.error,
      remedy: remedies[process.platform] ?? 'Install or update the driver of the graphics card.',
    };
  }

  async start(): Promise<BackendInfo> {
    if (this.packages === undefined) throw new Error('The optional packages of webgpu are not installed.');
    const { startWebgpu } = await import('./start.js');
    const adapter = await startWebgpu(this.packages);
    return this.#info(adapter, this.packages.version);
  }

  #info({ vendor, device, isFallbackAdapter }: AdapterInfo, version: string): BackendInfo {
    // Dawn writes a hyphen for every character that is no letter or digit, the last one too.
    const card = device.replace(/-+$/, '') || vendor;
    if (!isFallbackAdapter) return { name: this.name, version, device: card };
    return { name: this.name, version, device: `${card}, in software`, software: true };
  }
}
