import { isJsonObject, type Json, type JsonObject } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';

/** Bytes of one element, by the format's name of its type. */
const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

type ElementType = keyof typeof elementBytes;

/** One tensor of a file: `start` and `end` count bytes of the data that follows the header. */
export interface TensorEntry {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** A header is JSON and small; the reference implementation refuses longer ones too. */
export const longestHeader = 100 * 2 ** 20;

const remedy = 'The file is damaged or not safetensors. Fetch or export it again.';

/**
 * The tensors that a header describes, each inside the data, none overlapping another, none twice, without gaps.
 * `dataBytes` is what follows the header in the file. Throws a `ModelFileError` that names file and tensor.
 */
export function parseHeader(text: string, file: string, dataBytes: number): ReadonlyMap<string, TensorEntry> {
  const header = parseObject(text, file);
  refuseDuplicateNames(text, file);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => tensorEntry(name, value, { file, dataBytes }));
  refuseOverlaps(entries, file, dataBytes);
  return new Map(entries.map((entry) => [entry.name, entry]));
}

function parseObject(text: string, file: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelFileError(file, `the header is not valid JSON. ${remedy}`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new ModelFileError(file, `the header is not a JSON object. ${remedy}`);
}

interface Place {
  readonly file: string;
  readonly dataBytes: number;
}

function tensorEntry(name: string, value: Json, { file, dataBytes }: Place): TensorEntry {
  const fail = (problem: string): ModelFileError =>
    new ModelFileError(file, `tensor "${name}" ${problem} ${remedy}`);
  if (!isJsonObject(value)) throw fail('has no description.');
  const type = value['dtype'];
  if (!isElementType(type)) throw fail(`has the unknown type ${shown(type)}.`);
  const shape = value['shape'];
  if (!isCounts(shape)) throw fail(`has the impossible shape ${shown(shape)}.`);
  const offsets = value['data_offsets'];
  if (!isCounts(offsets) || offsets.length !== 2) throw fail(`has the impossible offsets ${shown(offsets)}.`);
  const [start = 0, end = 0] = offsets;
  if (start > end || end > dataBytes) {
    throw fail(`lies at bytes ${start} to ${end}, outside the ${dataBytes} bytes of data.`);
  }
  const expected = shape.reduce((product, size) => product * size, 1) * elementBytes[type];
  if (expected !== end - start) {
    throw fail(`has ${end - start} bytes; shape [${shape.join(', ')}] of ${type} needs ${expected}.`);
  }
  return { name, type, shape, start, end };
}

function shown(value: Json | undefined): string {
  return JSON.stringify(value ?? null);
}

function isElementType(value: Json | undefined): value is ElementType {
  return typeof value === 'string' && Object.hasOwn(elementBytes, value);
}

function isCounts(value: Json | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function refuseOverlaps(entries: readonly TensorEntry[], file: string, dataBytes: number): void {
  const inOrder = [...entries].sort((a, b) => a.start - b.start || a.end - b.end);
  let position = 0;
  let previous: TensorEntry | undefined;
  for (const entry of inOrder) {
    if (entry.start < position) {
      throw new ModelFileError(
        file,
        `tensor "${entry.name}" overlaps tensor "${previous?.name ?? ''}". ${remedy}`,
      );
    }
    if (entry.start > position) {
      throw new ModelFileError(
        file,
        `bytes ${position} to ${entry.start} before tensor "${entry.name}" belong to no tensor. ${remedy}`,
      );
    }
    position = entry.end;
    previous = entry;
  }
  if (position !== dataBytes) {
    throw new ModelFileError(file, `the last ${dataBytes - position} bytes belong to no tensor. ${remedy}`);
  }
}

/** JSON.parse keeps the last of two equal keys silently, so the keys of the outer object are read from the text. */
function refuseDuplicateNames(text: string, file: string): void {
  const seen = new Set<string>();
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;
  for (const match of text.matchAll(tokens)) {
    const [token] = match;
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (
      depth === 1 &&
      /^\s*:/.test(text.slice(match.index + token.length, match.index + token.length + 64))
    ) {
      const name = JSON.parse(token) as string;
      if (seen.has(name)) throw new ModelFileError(file, `tensor "${name}" is described twice. ${remedy}`);
      seen.add(name);
    }
  }
}
