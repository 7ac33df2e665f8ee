import { copyFile, open, rename, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { hashFile } from '../../base/hash.js';
import { isDiskFull } from '../../base/system-error.js';
import { connectionReason } from './connection-reason.js';
import type { Wheel } from './find-wheels.js';
import { MissingPiece } from './missing-piece.js';
import { StallTimer } from './stall-timer.js';

const attempts = 3;

/** Takes how many bytes are there, and how many there will be. */
export type OnBytes = (bytes: number, of: number | undefined) => void;

/** Who wants a wheel. */
export interface Receiver {
  readonly onBytes: OnBytes;
  /** How to try once more, as a sentence's beginning: `Run "npx hpl setup" again`. */
  readonly again: string;
  /** What helps behind a proxy, as a sentence. */
  readonly behindProxy: string;
  /** Ends the download when aborted; what arrived stays for the next. */
  readonly signal?: AbortSignal;
}

/**
 * Puts a wheel at `path`. What an earlier, interrupted download left beside it (`.part`) is continued; a finished file
 * with the right checksum is taken as it is. Throws `MissingPiece` when the host cannot be reached or the checksum
 * differs; a file with a wrong checksum is deleted.
 */
export async function downloadWheel(wheel: Wheel, path: string, receiver: Receiver): Promise<void> {
  if ((await sizeOf(path)) > 0 && (await hashFile(path)) === wheel.sha256) return;
  const part = `${path}.part`;
  if (wheel.url.startsWith('file:')) await copyFile(fileURLToPath(wheel.url), part);
  else await receive(wheel, part, receiver);
  const found = await hashFile(part);
  if (found !== wheel.sha256) {
    await rm(part);
    throw new MissingPiece(
      `${wheel.file} arrived damaged: its SHA-256 is ${found}, expected ${wheel.sha256}. It was deleted.`,
      `${receiver.again}.`,
    );
  }
  await rename(part, path);
}

async function receive(wheel: Wheel, part: string, receiver: Receiver): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await receiveRest(wheel.url, part, receiver);
      return;
    } catch (cause) {
      receiver.signal?.throwIfAborted();
      if (isDiskFull(cause)) throw cause;
      if (attempt === attempts || cause instanceof Refused) throw unreachableHost(wheel, receiver, cause);
    }
  }
}

/** An answer that a further attempt will not change. */
class Refused extends Error {}

async function receiveRest(url: string, part: string, { onBytes, signal }: Receiver): Promise<void> {
  const have = await sizeOf(part);
  const stall = new StallTimer();
  const response = await fetch(withoutCredentials(url), {
    headers: { ...credentials(url), ...(have > 0 && { range: `bytes=${have}-` }) },
    signal: signal === undefined ? stall.signal : AbortSignal.any([stall.signal, signal]),
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
  await save(response.body, { part, start, of, onBytes, stall });
}

interface Saving {
  readonly part: string;
  readonly start: number;
  readonly of: number | undefined;
  readonly onBytes: OnBytes;
  readonly stall: StallTimer;
}

async function save(body: AsyncIterable<Uint8Array>, saving: Saving): Promise<void> {
  const { of, onBytes, stall } = saving;
  let bytes = saving.start;
  const handle = await open(saving.part, saving.start > 0 ? 'a' : 'w');
  try {
    stall.restart();
    for await (const chunk of body) {
      // What is reported is there: a run that is ended now goes on behind it.
      await handle.appendFile(chunk);
      bytes += chunk.length;
      onBytes(bytes, of);
      stall.restart();
    }
  } finally {
    stall.stop();
    await handle.close();
  }
  if (of !== undefined && bytes < of) throw new Error('the connection closed early');
}

function refusal(status: number): Error {
  const message = `the server answered ${status}`;
  return status >= 500 || status === 429 ? new Error(message) : new Refused(message);
}

function unreachableHost(wheel: Wheel, { again, behindProxy }: Receiver, cause: unknown): MissingPiece {
  const { host } = new URL(wheel.url);
  return new MissingPiece(
    `${wheel.file} could not be downloaded from ${host}: ${connectionReason(cause)}.`,
    `${again} to go on where it stopped. ${behindProxy}`,
    { cause },
  );
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
