import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ModelFileError } from '../../model/model-file-error.js';
import { connectionReason } from '../packages/connection-reason.js';
import { StallTimer } from '../packages/stall-timer.js';
import type { HubFile } from './hub-listing.js';
import { askHub, BrokenConnection, hubName, hubPath, type HubModel, type HubRequest } from './hub-request.js';

/** What to fetch, and where it belongs. */
export interface Download {
  readonly model: HubModel;
  readonly commit: string;
  readonly file: HubFile;
  /** The blob's path in the cache. */
  readonly blob: string;
}

/** How often in a row a connection may break without a byte in between. */
const patience = 3;

/**
 * Fetches a file, continuing what an earlier attempt left, and checks its hash before it gets its name: no other
 * content ever stands in the cache. Yields the bytes there so far. Rejects with a `ModelFileError`.
 */
export async function* download(
  plan: Download,
  request: HubRequest,
): AsyncGenerator<number, void, undefined> {
  const { blob, file } = plan;
  await mkdir(dirname(blob), { recursive: true });
  const unfinished = `${blob}.incomplete`;
  let failures = 0;
  let have = await sizeOf(unfinished);
  if (have > file.bytes) have = await startOver(unfinished);
  // No byte comes that would make an empty file.
  if (file.bytes === 0) await writeFile(unfinished, '');
  while (have < file.bytes) {
    try {
      for await (const bytes of continued(plan, unfinished, { have, request })) {
        have = bytes;
        failures = 0;
        yield have;
      }
    } catch (error) {
      if (!(error instanceof BrokenConnection)) throw error;
      failures += 1;
      have = await sizeOf(unfinished);
      if (failures === patience) throw brokenOff(plan, have, error);
    }
  }
  await requireHash(plan, unfinished);
  await rename(unfinished, blob);
}

/** Appends what follows the first `have` bytes. */
async function* continued(
  plan: Download,
  unfinished: string,
  { have, request }: { readonly have: number; readonly request: HubRequest },
): AsyncGenerator<number, void, undefined> {
  const { file } = plan;
  const stall = new StallTimer();
  stall.restart();
  try {
    const response = await askForRest(plan, have, { ...request, stalled: stall.signal });
    // A server without ranges sends the file from its start.
    const start = response.status === 206 ? have : 0;
    let position = start;
    for await (const bytes of appended(unfinished, start, chunksOf(response, request.signal))) {
      position = bytes;
      if (position > file.bytes) throw await tooLong(plan, unfinished);
      stall.restart();
      yield position;
    }
    if (position < file.bytes) throw new BrokenConnection('the connection ended early');
  } finally {
    stall.stop();
  }
}

async function askForRest(
  { model, commit, file }: Download,
  have: number,
  request: HubRequest,
): Promise<Response> {
  const name = file.name.split('/').map(encodeURIComponent).join('/');
  return askHub(`${hubPath(model)}/resolve/${commit}/${name}`, model, {
    ...request,
    // Compressed answers have other offsets than the file.
    headers: { 'accept-encoding': 'identity', range: `bytes=${have}-` },
  });
}

/** Writes chunks behind the first `start` bytes of a file, and gives its length after each. */
async function* appended(
  path: string,
  start: number,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<number, void, undefined> {
  let position = start;
  const handle = await open(path, start === 0 ? 'w' : 'a');
  try {
    for await (const chunk of chunks) {
      await handle.appendFile(chunk);
      position += chunk.length;
      yield position;
    }
  } finally {
    await handle.close();
  }
}

/** Read by hand: an iteration that is left early would report a connection that broke meanwhile as an error. */
async function* chunksOf(
  { body }: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal.throwIfAborted();
        throw new BrokenConnection(`the connection broke (${connectionReason(cause)})`, { cause });
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function tooLong({ file, model }: Download, unfinished: string): Promise<ModelFileError> {
  await rm(unfinished);
  return new ModelFileError(
    hubName(model),
    `"${file.name}" is longer than the ${file.bytes} bytes that the hub promised. It was thrown away. Run again.`,
  );
}

async function requireHash({ file, model }: Download, unfinished: string): Promise<void> {
  const found = await hashOf(unfinished, file);
  if (found === file.hash) return;
  await rm(unfinished);
  throw new ModelFileError(
    hubName(model),
    `"${file.name}" arrived with the hash ${found}; the hub promised ${file.hash}. It was thrown away. Run again.`,
  );
}

/** Whether a file's content is the one that the hub promised. */
export async function hasHash(path: string, file: HubFile): Promise<boolean> {
  return (await hashOf(path, file)) === file.hash;
}

async function hashOf(path: string, { kind, bytes }: HubFile): Promise<string> {
  const hash = createHash(kind === 'git' ? 'sha1' : 'sha256');
  if (kind === 'git') hash.update(`blob ${bytes}\0`);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function startOver(unfinished: string): Promise<0> {
  await rm(unfinished);
  return 0;
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function brokenOff({ file, model }: Download, have: number, cause: BrokenConnection): ModelFileError {
  return new ModelFileError(
    hubName(model),
    `${cause.message} at ${have} of ${file.bytes} bytes of "${file.name}". Run again to continue there.`,
    { cause },
  );
}
