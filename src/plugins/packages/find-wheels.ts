import { isJsonObject, type Json } from '../../base/json.js';
import type { Environment } from './cache-folder.js';
import { MissingPiece } from './missing-piece.js';
import { lastLines, runTool, type ToolResult } from './tools.js';

/** A wheel on the package index. */
export interface Wheel {
  /** The file's name, which carries package, version and platform. */
  readonly file: string;
  readonly url: string;
  readonly sha256: string;
}

/** Which files are wanted, and in whose words it is said when they cannot be found. */
export interface WheelSearch {
  /** What pip is asked for: `tensorflow-cpu==2.21.0`. */
  readonly requirement: string;
  /** Further words for `pip install`, such as the platform. */
  readonly arguments: readonly string[];
  /** `the wheel with TensorFlow` */
  readonly content: string;
  /** What else the user can do, as the end of a sentence: `pass --from DIR`. */
  readonly alternative: string;
}

/** Where pip runs. */
export interface PipPlace {
  readonly python: string | undefined;
  readonly folder: string;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

/**
 * Asks pip which files it would install, without installing: pip knows the user's index, mirror and certificates.
 * Throws `MissingPiece` when pip is absent, too old, or finds nothing.
 */
export async function findWheels(search: WheelSearch, place: PipPlace): Promise<readonly Wheel[]> {
  const result = await runTool({
    ...place,
    program: place.python,
    arguments: [
      ...['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--quiet', '--no-input'],
      ...['--disable-pip-version-check', '--only-binary=:all:', '--target', place.folder, '--report', '-'],
      ...search.arguments,
      search.requirement,
    ],
  });
  place.signal?.throwIfAborted();
  if (result.code !== 0) throw pipFailure(result, search);
  return readReport(result.stdout);
}

/** That pip's answer holds nothing of what was wanted. */
export function noWheel({ requirement, alternative }: WheelSearch): MissingPiece {
  return new MissingPiece(
    `pip reported no wheel for ${requirement}.`,
    `Upgrade pip (python3 -m pip install --upgrade pip), or ${alternative}.`,
  );
}

function pipFailure({ stderr }: ToolResult, search: WheelSearch): MissingPiece {
  const { requirement, content, alternative } = search;
  if (stderr.includes('No module named pip'))
    return new MissingPiece(
      `Python has no pip, which finds ${content}.`,
      `Install pip (Debian, Ubuntu: apt-get install python3-pip), or ${alternative}.`,
    );
  if (/no such option: --(?:report|dry-run)/.test(stderr))
    return new MissingPiece(
      'pip is too old: 22.2 or later can say where a wheel lies.',
      `Upgrade it (python3 -m pip install --upgrade pip), or ${alternative}.`,
    );
  return new MissingPiece(
    `pip did not find ${requirement}:\n${lastLines(stderr, 4)}`,
    `Look at the network and at pip's index ("python3 -m pip config list"), or ${alternative}.`,
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
