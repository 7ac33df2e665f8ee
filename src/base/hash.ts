import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { canonicalJson, type Json } from './json.js';

/** SHA-256 in lower-case hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** SHA-256 of canonical JSON: independent of the order of keys. */
export function hashJson(value: Json): string {
  return sha256(canonicalJson(value));
}

/** SHA-256 of a file's content, read as a stream. Rejects when the file cannot be read. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  // Weights are large: with small pieces half of the time would go to handing them over.
  const pieces = createReadStream(path, { highWaterMark: 2 ** 20 });
  for await (const chunk of pieces) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
