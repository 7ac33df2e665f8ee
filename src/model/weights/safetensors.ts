import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { reasonOf } from '../../base/reason.js';
import { ModelFileError } from '../model-file-error.js';
import { floatsFromBfloat16, floatsFromFloat16 } from './half-precision.js';
import { longestHeader, parseHeader, type TensorEntry } from './safetensors-header.js';

/** A tensor as numbers, row-major. */
export interface ArrayTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

const lengthBytes = 8;

/** An open safetensors file, read tensor by tensor, so that memory holds one tensor at a time. */
export class SafetensorsFile {
  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    private readonly dataStart: number,
    readonly entries: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** Opens the file and checks its whole header. Rejects with a `ModelFileError`. The caller closes it. */
  static async open(file: string): Promise<SafetensorsFile> {
    const handle = await open(file).catch((cause: unknown) => {
      throw new ModelFileError(file, 'the file cannot be opened. Check the path and its permissions.', {
        cause,
      });
    });
    try {
      const { size } = await handle.stat();
      const headerBytes = await readHeaderLength(handle, file, size);
      const header = await readBytes({ handle, file }, lengthBytes, headerBytes);
      const text = new TextDecoder().decode(header);
      const dataStart = lengthBytes + headerBytes;
      return new SafetensorsFile(file, handle, dataStart, parseHeader(text, file, size - dataStart));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads one tensor; F16 and BF16 become float32. Rejects when it is absent or of another type. */
  async read(name: string): Promise<ArrayTensor> {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new ModelFileError(this.file, `tensor "${name}" is missing. Fetch or export the file again.`);
    }
    const bytes = await readBytes(
      { handle: this.handle, file: this.file },
      this.dataStart + entry.start,
      entry.end - entry.start,
    );
    return { shape: entry.shape, values: this.numbers(entry, bytes.buffer as ArrayBuffer) };
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private numbers({ name, type }: TensorEntry, buffer: ArrayBuffer): Float32Array | Int32Array {
    switch (type) {
      case 'F32':
        return new Float32Array(buffer);
      case 'F16':
        return floatsFromFloat16(new Uint16Array(buffer));
      case 'BF16':
        return floatsFromBfloat16(new Uint16Array(buffer));
      case 'I32':
        return new Int32Array(buffer);
      default:
        throw new ModelFileError(
          this.file,
          `tensor "${name}" has type ${type}; F32, F16, BF16 and I32 can be read. Export the file in one of these.`,
        );
    }
  }
}

/** Reads a whole file of tensors. For small files; large ones are read tensor by tensor. */
export async function readSafetensors(file: string): Promise<Map<string, ArrayTensor>> {
  const source = await SafetensorsFile.open(file);
  try {
    const tensors = new Map<string, ArrayTensor>();
    for (const name of source.entries.keys()) tensors.set(name, await source.read(name));
    return tensors;
  } finally {
    await source.close();
  }
}

/** What is written under a name; `read` is called when its turn comes, so that one tensor is in memory at a time. */
export interface TensorToWrite {
  readonly shape: readonly number[];
  readonly type: 'F32' | 'I32';
  read(): Promise<Float32Array | Int32Array> | Float32Array | Int32Array;
}

/** Writes beside the file first and renames at the end: a half-written file never has the name. */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, TensorToWrite>,
): Promise<void> {
  const unfinished = `${file}.unfinished`;
  try {
    const handle = await open(unfinished, 'w');
    try {
      await writeAll(handle, headerBytes(tensors));
      for (const tensor of tensors.values()) await writeAll(handle, bytesOf(await tensor.read()));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

function headerBytes(tensors: ReadonlyMap<string, TensorToWrite>): Uint8Array {
  let position = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, { shape, type }] of tensors) {
    const start = position;
    position += 4 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: type, shape, data_offsets: [start, position] };
  }
  const text = JSON.stringify(header);
  const json = new TextEncoder().encode(text);
  // The data begins at a multiple of eight, so that readers can map it.
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(lengthBytes + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, lengthBytes);
  return bytes;
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(bytes.length - done, 2 ** 30));
    done += bytesWritten;
  }
}

async function readHeaderLength(handle: FileHandle, file: string, size: number): Promise<number> {
  if (size < lengthBytes) {
    throw new ModelFileError(file, `the file has ${size} bytes, too few for safetensors. Fetch it again.`);
  }
  const bytes = await readBytes({ handle, file }, 0, lengthBytes);
  const length = new DataView(bytes.buffer).getBigUint64(0, true);
  if (length > BigInt(size - lengthBytes) || length > BigInt(longestHeader)) {
    throw new ModelFileError(
      file,
      `the header claims ${length.toString()} bytes; the file has ${size}. ` +
        'The file is truncated or not safetensors. Fetch or export it again.',
    );
  }
  return Number(length);
}

async function readBytes(
  { handle, file }: { readonly handle: FileHandle; readonly file: string },
  position: number,
  count: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  let done = 0;
  while (done < count) {
    const wanted = Math.min(count - done, 2 ** 30);
    const { bytesRead } = await handle.read(bytes, done, wanted, position + done).catch((cause: unknown) => {
      throw new ModelFileError(
        file,
        `the file cannot be read (${reasonOf(cause)}). Check that it is a whole file.`,
        {
          cause,
        },
      );
    });
    if (bytesRead === 0) {
      throw new ModelFileError(file, 'the file ended while it was read. Fetch or export it again.');
    }
    done += bytesRead;
  }
  return bytes;
}
