import { isJsonObject, type Json } from '../../../../base/json.js';
import type { Environment, Variant } from '../location.js';
import { tensorflowVersion } from '../versions.js';
import { SetupFailure } from './setup-failure.js';
import { lastLines, runTool, type ToolResult } from './tools.js';

/** A wheel on the package index. */
export interface Wheel {
  /** The file's name, which carries package, version and platform. */
  readonly file: string;
  readonly url: string;
  readonly sha256: string;
}

/** What pip is asked for. */
export function requirement(variant: Variant): string {
  return variant === 'cuda'
    ? `tensorflow[and-cuda]==${tensorflowVersion}`
    : `tensorflow-cpu==${tensorflowVersion}`;
}

/**
 * The libraries do not depend on Python, so one fixed version of it is named: setup then works beside any Python,
 * and every machine gets the same file.
 */
const target = [
  ...['--implementation', 'cp', '--python-version', '3.11', '--only-binary=:all:'],
  ...['--platform', 'manylinux_2_27_x86_64', '--platform', 'manylinux2014_x86_64'],
];

/**
 * Asks pip which files it would install, without installing: pip knows the user's index, mirror and certificates.
 * Of the CUDA build's requirements, only TensorFlow and NVIDIA's libraries are wanted.
 * Throws `SetupFailure` when pip is absent, too old, or finds nothing.
 */
export async function findWheels(
  variant: Variant,
  python: string | undefined,
  place: { readonly folder: string; readonly environment: Environment },
): Promise<readonly Wheel[]> {
  const result = await runTool({
    program: python,
    arguments: [
      ...['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--quiet', '--no-input'],
      ...['--disable-pip-version-check', '--target', place.folder, '--report', '-'],
      ...target,
      ...(variant === 'cpu' ? ['--no-deps'] : []),
      requirement(variant),
    ],
    ...place,
  });
  if (result.code !== 0) throw pipFailure(result, variant);
  const wheels = readReport(result.stdout).filter(({ file }) => /^(?:tensorflow|nvidia)[_-]/.test(file));
  if (wheels.length === 0)
    throw new SetupFailure(
      `pip reported no wheel for ${requirement(variant)}.`,
      'Upgrade pip (python3 -m pip install --upgrade pip), or pass --from DIR.',
    );
  return wheels;
}

function pipFailure({ stderr }: ToolResult, variant: Variant): SetupFailure {
  if (stderr.includes('No module named pip'))
    return new SetupFailure(
      'Python has no pip, which finds the wheel with TensorFlow.',
      'Install pip (Debian, Ubuntu: apt-get install python3-pip), or pass --from DIR.',
    );
  if (/no such option: --(?:report|dry-run)/.test(stderr))
    return new SetupFailure(
      'pip is too old: 22.2 or later can say where a wheel lies.',
      'Upgrade it (python3 -m pip install --upgrade pip), or pass --from DIR.',
    );
  return new SetupFailure(
    `pip did not find ${requirement(variant)}:\n${lastLines(stderr, 4)}`,
    'Look at the network and at pip\'s index ("python3 -m pip config list"), or pass --from DIR.',
  );
}

/** Reads pip's installation report, version 1. */
function readReport(text: string): readonly Wheel[] {
  const report = parse(text);
  const install = isJsonObject(report) ? report['install'] : undefined;
  if (!Array.isArray(install)) return [];
  return (install as readonly Json[]).flatMap((item) => {
    const download = isJsonObject(item) ? item['download_info'] : undefined;
    const archive = isJsonObject(download) ? download['archive_info'] : undefined;
    const hashes = isJsonObject(archive) ? archive['hashes'] : undefined;
    const url = isJsonObject(download) ? download['url'] : undefined;
    const sha256 = isJsonObject(hashes) ? hashes['sha256'] : undefined;
    if (typeof url !== 'string' || typeof sha256 !== 'string') return [];
    return [{ file: decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? ''), url, sha256 }];
  });
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}
