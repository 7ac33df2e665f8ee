import { open, type FileHandle } from 'node:fs/promises';
import { ModelFileError } from '../model-file-error.js';
import { dequantise } from './gguf-dequantise.js';
import {
  alignment,
  damaged,
  parseGgufHeader,
  wantsMore,
  type GgufHeader,
  type GgufMetadata,
  type TensorDescription,
} from './gguf-header.js';
import { blockLayouts, isReadable, readableTypes, type StorageType } from './gguf-types.js';
import type { ArrayTensor } from './safetensors.js';

/** One tensor of a GGUF file that can be read: `start` and `end` count bytes of the file. */
export interface GgufTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: StorageType;
  readonly start: number;
  readonly end: number;
}

/** An open GGUF file, read tensor by tensor, so that memory holds one tensor at a time. */
export class GgufFile {
  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    readonly metadata: GgufMetadata,
    readonly tensors: ReadonlyMap<string, GgufTensor>,
  ) {}

  /** Opens the file and checks its whole header. Rejects with a `ModelFileError`. The caller closes it. */
  static async open(file: string): Promise<GgufFile> {
    const handle = await open(file).catch((cause: unknown) => {
      throw new ModelFileError(file, 'the file cannot be opened. Check the path and its permissions.', {
        cause,
      });
    });
    try {
      const { size } = await handle.stat();
      const header = await readHeader(handle, file, size);
      return new GgufFile(file, handle, header.metadata, checkedTensors(header, file, size));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads one tensor as single-precision numbers. Rejects when it is absent. */
  async read(name: string): Promise<ArrayTensor> {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new ModelFileError(this.file, `tensor "${name}" is missing. ${damaged}`);
    const bytes = await readBytes(this.handle, { file: this.file, ...tensor });
    return { shape: tensor.shape, values: dequantise(tensor.type, bytes) };
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

const firstBytes = 16 * 2 ** 20;

/** Headers with large vocabularies have megabytes; how many is known when they are read. */
async function readHeader(handle: FileHandle, file: string, size: number): Promise<GgufHeader> {
  for (let wanted = firstBytes; ; wanted *= 4) {
    const end = Math.min(wanted, size);
    const bytes = await readBytes(handle, { file, start: 0, end });
    try {
      return parseGgufHeader(bytes, file, size);
    } catch (error) {
      if (!wantsMore(error)) throw error;
      if (end === size) throw new ModelFileError(file, `the file ends within its header. ${damaged}`);
    }
  }
}

function checkedTensors(header: GgufHeader, file: string, size: number): ReadonlyMap<string, GgufTensor> {
  const step = alignment(header.metadata, file);
  const tensors = header.tensors.map((description) => {
    if (description.offset % step !== 0) {
      throw new ModelFileError(
        file,
        `tensor "${description.name}" is not aligned to ${step} bytes. ${damaged}`,
      );
    }
    const tensor = located(description, file, header.dataStart);
    if (tensor.end > size) {
      throw new ModelFileError(
        file,
        `tensor "${tensor.name}" lies at bytes ${tensor.start} to ${tensor.end}; the file has ${size}. ${damaged}`,
      );
    }
    return tensor;
  });
  refuseOverlaps(tensors, file);
  return new Map(tensors.map((tensor) => [tensor.name, tensor]));
}

function located(
  { name, shape, type, offset }: TensorDescription,
  file: string,
  dataStart: number,
): GgufTensor {
  if (!isReadable(type)) {
    throw new ModelFileError(
      file,
      `tensor "${name}" has the type ${type}; ${readableTypes} can be read. Take the model in one of these.`,
    );
  }
  const layout = blockLayouts[type];
  const row = shape.at(-1) ?? 1;
  if (row % layout.values !== 0) {
    throw new ModelFileError(
      file,
      `tensor "${name}" has rows of ${row} numbers; ${type} holds them in blocks of ${layout.values}. ${damaged}`,
    );
  }
  const numbers = shape.reduce((product, axis) => product * axis, 1);
  const start = dataStart + offset;
  return { name, shape, type, start, end: start + (numbers / layout.values) * layout.bytes };
}

function refuseOverlaps(tensors: readonly GgufTensor[], file: string): void {
  const inOrder = [...tensors].sort((a, b) => a.start - b.start || a.end - b.end);
  inOrder.forEach((tensor, index) => {
    const previous = inOrder[index - 1];
    if (previous !== undefined && tensor.start < previous.end) {
      throw new ModelFileError(
        file,
        `tensor "${tensor.name}" overlaps tensor "${previous.name}". ${damaged}`,
      );
    }
  });
}

async function readBytes(
  handle: FileHandle,
  { file, start, end }: { readonly file: string; readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(
      bytes,
      done,
      Math.min(bytes.length - done, 2 ** 30),
      start + done,
    );
    if (bytesRead === 0) throw new ModelFileError(file, `the file ended while it was read. ${damaged}`);
    done += bytesRead;
  }
  return bytes;
}
