import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What Dawn says about an adapter: a card, or a program that stands in for one. */
export interface AdapterInfo {
  readonly vendor: string;
  /** The card's name in small letters and hyphens. */
  readonly device: string;
  /** Computed by the processor in place of a card. */
  readonly isFallbackAdapter: boolean;
}

/** The part of WebGPU's entry that hpl itself uses. */
export interface Gpu {
  requestAdapter(options: {
    readonly powerPreference: 'high-performance';
  }): Promise<{ readonly info: AdapterInfo } | null>;
}

/** The package `webgpu`. */
export interface Dawn {
  create(options: readonly string[]): Gpu;
  /** Constructors and constants that programs expect as globals. */
  readonly globals: object;
}

/** Where both packages are installed, and their versions in words. They are optional: undefined where one is missing. */
export interface DawnPackages {
  /** To be imported; gives {@link Dawn}. */
  readonly dawn: string;
  /** To be imported after the globals are set; registers the backend with tfjs. */
  readonly backend: string;
  readonly version: string;
}

/** Looks for the packages without loading them. */
export function findDawn(): DawnPackages | undefined {
  try {
    const [dawn, backend] = [entryOf('webgpu'), entryOf('@tensorflow/tfjs-backend-webgpu')];
    const version = `tfjs ${backend.version}, Dawn ${dawn.version}`;
    return { dawn: dawn.url, backend: backend.url, version };
  } catch {
    return undefined;
  }
}

function entryOf(name: string): { readonly url: string; readonly version: string } {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { main, version } = JSON.parse(readFileSync(file, 'utf8')) as { main: string; version: string };
  return { url: pathToFileURL(join(file, '..', main)).href, version };
}
