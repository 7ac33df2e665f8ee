import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the stub misbehaves. */
export interface Faults {
  /** Answers with this status instead. */
  status?: number;
  /** Of each answer with a file only so many bytes are sent, then the connection dies. */
  dieAfter?: number;
  /** Of each answer with a file only so many bytes are sent, then nothing more. */
  stallAfter?: number;
  /** Sends more of each file than the listing says. */
  excess?: boolean;
  /** Promises the hash of other content. */
  wrongHash?: boolean;
  /** Ignores ranges. */
  noRanges?: boolean;
}

export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface StubHub {
  readonly endpoint: string;
  readonly asked: Asked[];
  faults: Faults;
  close(): Promise<void>;
}

export const commit = 'c0ffee'.padEnd(40, '0');

/** A hub on loopback with one repository, `maker/tiny`, a model and a data set at once, whose branch `main` is `commit`. */
export async function stubHub(files: ReadonlyMap<string, Uint8Array>): Promise<StubHub> {
  const hub = { asked: [] as Asked[], faults: {} as Faults };
  const server = createServer((request, response) => {
    const { range, authorization } = request.headers;
    hub.asked.push({ path: request.url ?? '', range, authorization });
    answer(request, response, { files, faults: hub.faults });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(hub, {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  });
}

interface Stock {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly faults: Faults;
}

function answer(request: IncomingMessage, response: ServerResponse, { files, faults }: Stock): void {
  if (faults.status !== undefined) {
    response.writeHead(faults.status, { 'retry-after': '7' }).end();
    return;
  }
  const path = request.url ?? '';
  if (/^\/api\/(models|datasets)\/maker\/tiny\/revision\//.test(path)) {
    const siblings = [...files].map(([name, bytes]) => sibling(name, bytes, faults));
    response.end(JSON.stringify({ sha: commit, siblings }));
    return;
  }
  const name = path.replace(/^\/datasets\//, '/').replace(`/maker/tiny/resolve/${commit}/`, '');
  const file = files.get(decodeURIComponent(name));
  if (file === undefined) response.writeHead(404).end();
  else sendFile(request, response, { bytes: file, faults });
}

/** Weights are large files with a SHA-256, the rest are blobs of git. */
function sibling(rfilename: string, bytes: Uint8Array, { wrongHash }: Faults): object {
  const content = wrongHash === true ? Buffer.concat([bytes, bytes]) : bytes;
  const blobId = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const lfs = /\.(safetensors|parquet)$/.test(rfilename) ? { lfs: { sha256, size: bytes.length } } : {};
  return { rfilename, size: bytes.length, blobId, ...lfs };
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, faults }: { readonly bytes: Uint8Array; readonly faults: Faults },
): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const ranged = faults.noRanges !== true && request.headers.range !== undefined;
  const whole = faults.excess === true ? Buffer.concat([bytes, Buffer.from('and more')]) : bytes;
  const body = ranged ? whole.subarray(start) : whole;
  response.writeHead(ranged ? 206 : 200, { 'content-length': body.length });
  const { dieAfter, stallAfter } = faults;
  if (stallAfter !== undefined) {
    response.flushHeaders();
    response.write(body.subarray(0, stallAfter));
    return;
  }
  if (dieAfter === undefined || body.length <= dieAfter) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, dieAfter), () => response.destroy());
}
