import { ModelFileError } from '../model-file-error.js';
import { ByteCursor, PastEndError } from './byte-cursor.js';
import { typeName } from './gguf-types.js';

/** A value of the metadata: a number, text, truth value, or an array of these. */
export type GgufValue = number | string | boolean | readonly GgufValue[];

/** Metadata by key, as `general.architecture`. */
export type GgufMetadata = ReadonlyMap<string, GgufValue>;

/** One tensor as the header describes it; not yet checked against the file. */
export interface TensorDescription {
  readonly name: string;
  /** Row-major, slowest axis first, as everywhere here; the file has them the other way round. */
  readonly shape: readonly number[];
  readonly type: string;
  /** Bytes from the start of the data. */
  readonly offset: number;
}

/** What precedes the data. */
export interface GgufHeader {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly TensorDescription[];
  /** Where the data begins, in bytes from the start of the file. */
  readonly dataStart: number;
}

/** What to do about a damaged file. */
export const damaged = 'The file is damaged or truncated. Fetch or export it again.';

/** GGUF in little-endian bytes. */
const magic = 0x46554747;
const mostDimensions = 4;
const deepestNesting = 4;
/** One tensor: a name's length, an axis count, a type and an offset. One entry: a key's length and a type. */
const leastTensorBytes = 24;
const leastEntryBytes = 12;

/**
 * The header at the start of a file (ggml's docs/gguf.md, versions 2 and 3). Throws a `ModelFileError`, and a
 * `PastEndError` where the header goes on beyond the given bytes of a larger file.
 */
export function parseGgufHeader(bytes: Uint8Array, file: string, fileBytes: number): GgufHeader {
  const cursor = new ByteCursor(bytes);
  const place: Place = { cursor, file, unseen: fileBytes - bytes.length };
  refuseOtherFormats(place);
  const tensorCount = count(place, leastTensorBytes, 'tensors');
  const entryCount = count(place, leastEntryBytes, 'metadata entries');
  const metadata = readMetadata(place, entryCount);
  const tensors = Array.from({ length: tensorCount }, (_, index) => readTensor(place, index));
  refuseTwins(tensors, file);
  return { metadata, tensors, dataStart: aligned(cursor.position, alignment(metadata, file)) };
}

/** The alignment of the data and of every tensor in it, in bytes. */
export function alignment(metadata: GgufMetadata, file: string): number {
  const value = metadata.get('general.alignment') ?? 32;
  if (typeof value === 'number' && value >= 8 && value <= 2 ** 20 && Number.isInteger(Math.log2(value)))
    return value;
  throw new ModelFileError(
    file,
    `"general.alignment" is ${JSON.stringify(value)}, no power of two. ${damaged}`,
  );
}

interface Place {
  readonly cursor: ByteCursor;
  readonly file: string;
  /** Bytes of the file behind those of the cursor. */
  readonly unseen: number;
}

function aligned(position: number, step: number): number {
  return Math.ceil(position / step) * step;
}

function refuseOtherFormats({ cursor, file }: Place): void {
  if (cursor.remaining < 4 || cursor.uint32() !== magic) {
    throw new ModelFileError(
      file,
      'the file does not begin with "GGUF". Name a GGUF file, or fetch it again.',
    );
  }
  const version = cursor.uint32();
  if (version === 2 || version === 3) return;
  throw new ModelFileError(
    file,
    `the file has GGUF version ${version}; versions 2 and 3 (little-endian) can be read. Export it again.`,
  );
}

/** A count that the file can hold at all: a hostile one must not allocate memory. */
function count({ cursor, file, unseen }: Place, leastBytes: number, what: string): number {
  const value = cursor.uint64();
  if (value * leastBytes <= cursor.remaining + unseen) return value;
  throw new ModelFileError(
    file,
    `the header claims ${value} ${what}, more than the file can hold. ${damaged}`,
  );
}

function text(place: Place): string {
  return place.cursor.text(count(place, 1, 'bytes of text'));
}

function readMetadata(place: Place, entries: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < entries; index += 1) {
    const key = text(place);
    if (metadata.has(key)) {
      throw new ModelFileError(place.file, `the metadata key "${key}" comes twice. ${damaged}`);
    }
    metadata.set(key, readValue(place, { key, type: place.cursor.uint32(), depth: 0 }));
  }
  return metadata;
}

interface ValuePlace {
  readonly key: string;
  readonly type: number;
  readonly depth: number;
}

const textType = 8;
const arrayType = 9;

function readValue(place: Place, { key, type, depth }: ValuePlace): GgufValue {
  if (type === textType) return text(place);
  if (type === arrayType) return readArray(place, key, depth);
  const scalar = scalars.get(type);
  if (scalar !== undefined) return scalar.read(place.cursor);
  throw new ModelFileError(
    place.file,
    `the metadata key "${key}" has the unknown value type ${type}. ${damaged}`,
  );
}

function readArray(place: Place, key: string, depth: number): readonly GgufValue[] {
  if (depth >= deepestNesting) {
    throw new ModelFileError(
      place.file,
      `the metadata key "${key}" nests arrays deeper than ${deepestNesting}. ${damaged}`,
    );
  }
  const type = place.cursor.uint32();
  const leastBytes = scalars.get(type)?.bytes ?? 8;
  const length = count(place, leastBytes, `values of "${key}"`);
  const values: GgufValue[] = [];
  for (let index = 0; index < length; index += 1)
    values.push(readValue(place, { key, type, depth: depth + 1 }));
  return values;
}

interface Scalar {
  readonly bytes: number;
  read(cursor: ByteCursor): number | boolean;
}

const scalars: ReadonlyMap<number, Scalar> = new Map<number, Scalar>([
  [0, { bytes: 1, read: (cursor) => cursor.uint8() }],
  [1, { bytes: 1, read: (cursor) => cursor.int8() }],
  [2, { bytes: 2, read: (cursor) => cursor.uint16() }],
  [3, { bytes: 2, read: (cursor) => cursor.int16() }],
  [4, { bytes: 4, read: (cursor) => cursor.uint32() }],
  [5, { bytes: 4, read: (cursor) => cursor.int32() }],
  [6, { bytes: 4, read: (cursor) => cursor.float32() }],
  [7, { bytes: 1, read: (cursor) => cursor.uint8() !== 0 }],
  [10, { bytes: 8, read: (cursor) => cursor.uint64() }],
  [11, { bytes: 8, read: (cursor) => cursor.int64() }],
  [12, { bytes: 8, read: (cursor) => cursor.float64() }],
]);

function readTensor(place: Place, index: number): TensorDescription {
  const { cursor, file } = place;
  const name = text(place);
  // Bytes taken for a name by mistake would garble the message.
  if (!/^[!-~]{1,200}$/.test(name)) {
    throw new ModelFileError(file, `tensor ${index + 1} has no printable name. ${damaged}`);
  }
  const dimensions = cursor.uint32();
  if (dimensions > mostDimensions) {
    throw new ModelFileError(
      file,
      `tensor "${name}" has ${dimensions} axes; at most four can be. ${damaged}`,
    );
  }
  const shape = Array.from({ length: dimensions }, () => cursor.uint64()).reverse();
  if (!Number.isSafeInteger(shape.reduce((product, size) => product * size, 1))) {
    throw new ModelFileError(
      file,
      `tensor "${name}" has the impossible shape [${shape.join(', ')}]. ${damaged}`,
    );
  }
  return { name, shape, type: typeName(cursor.uint32()), offset: cursor.uint64() };
}

function refuseTwins(tensors: readonly TensorDescription[], file: string): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) throw new ModelFileError(file, `tensor "${name}" is described twice. ${damaged}`);
    seen.add(name);
  }
}

/** Whether more bytes of the file may cure the error. */
export function wantsMore(error: unknown): boolean {
  return error instanceof PastEndError;
}
