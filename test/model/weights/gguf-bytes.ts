/** One tensor of a file made by hand; `dimensions` as in the file, fastest axis first. */
export interface TensorToPack {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface FileToPack {
  readonly version?: number;
  readonly tensorCount?: bigint;
  /** `value` as bytes. */
  readonly entries?: readonly { key: string; type: number; value: readonly number[] }[];
  readonly tensors?: readonly TensorToPack[];
}

/** The bytes of a GGUF file, right or wrong. The data starts at a multiple of 32. */
export function ggufBytes({ version = 3, tensorCount, entries = [], tensors = [] }: FileToPack): Uint8Array {
  const head: number[] = [...text('GGUF'), ...uint32(version)];
  head.push(...uint64(tensorCount ?? BigInt(tensors.length)), ...uint64(BigInt(entries.length)));
  for (const { key, type, value } of entries) head.push(...named(key), ...uint32(type), ...value);
  for (const { name, dimensions, type, offset } of tensors) {
    head.push(...named(name), ...uint32(dimensions.length));
    for (const size of dimensions) head.push(...uint64(BigInt(size)));
    head.push(...uint32(type), ...uint64(BigInt(offset)));
  }
  const dataStart = Math.ceil(head.length / 32) * 32;
  const end = Math.max(head.length, ...tensors.map(({ offset, data }) => dataStart + offset + data.length));
  const bytes = new Uint8Array(end);
  bytes.set(head);
  for (const { offset, data } of tensors) bytes.set(data, dataStart + offset);
  return bytes;
}

function named(value: string): readonly number[] {
  const bytes = text(value);
  return [...uint64(BigInt(bytes.length)), ...bytes];
}

function text(value: string): readonly number[] {
  return [...new TextEncoder().encode(value)];
}

function uint32(value: number): readonly number[] {
  return [...new Uint8Array(new Uint32Array([value]).buffer)];
}

function uint64(value: bigint): readonly number[] {
  return [...new Uint8Array(new BigUint64Array([value]).buffer)];
}
