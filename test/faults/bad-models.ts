import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const shipped = fileURLToPath(new URL('../../models/tiny-llama', import.meta.url));

type Json = Record<string, unknown>;

/** What of the shipped model is replaced in a copy; null leaves a file out. */
interface Changes {
  readonly weights?: Uint8Array | null | 'folder';
  readonly config?: string | null;
  readonly tokenizer?: string | null;
}

/** Makes a copy of the shipped model, other files linked, in a folder of that name. */
export function modelWith(folder: string, name: string, changes: Changes): void {
  const model = join(folder, name);
  mkdirSync(model);
  if (changes.weights === 'folder') {
    mkdirSync(join(model, 'model.safetensors'));
    writeFileSync(join(model, 'model.safetensors', 'part'), '');
  } else place(model, 'model.safetensors', changes.weights);
  place(model, 'config.json', changes.config);
  place(model, 'tokenizer.json', changes.tokenizer);
}

/** Puts the shipped file where a broken one stood. */
export function mend(folder: string, name: string, file: string): void {
  rmSync(join(folder, name, file), { recursive: true });
  symlinkSync(join(shipped, file), join(folder, name, file));
}

function place(model: string, file: string, content: string | Uint8Array | null | undefined): void {
  if (content === undefined) symlinkSync(join(shipped, file), join(model, file));
  else if (content !== null) writeFileSync(join(model, file), content);
}

/** A JSON file of the shipped model, changed. */
export function changedJson(file: string, change: (json: Json) => void): string {
  const json = JSON.parse(readFileSync(join(shipped, file), 'utf8')) as Json;
  change(json);
  return JSON.stringify(json);
}

/** The tensors of a header as it stands in the file. */
export type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

/** The shipped weights, header and data changed. */
export function changedWeights(change: (header: Header, data: Uint8Array) => void): Uint8Array {
  const bytes = shippedWeights();
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header;
  const data = bytes.slice(8 + length);
  change(header, data);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const changed = new Uint8Array(8 + text.length + data.length);
  new DataView(changed.buffer).setBigUint64(0, BigInt(text.length), true);
  changed.set(text, 8);
  changed.set(data, 8 + text.length);
  return changed;
}

/** The bytes of the shipped weights. */
export function shippedWeights(): Uint8Array {
  return new Uint8Array(readFileSync(join(shipped, 'model.safetensors')));
}
