import { blockLayouts, type StorageType } from './gguf-types.js';
import { floatsFromBfloat16, floatsFromFloat16 } from './half-precision.js';

/**
 * The numbers that the bytes stand for (ggml's `dequantize_row_*`). `bytes` holds whole blocks and begins at an even
 * address of its buffer.
 */
export function dequantise(type: StorageType, bytes: Uint8Array): Float32Array {
  switch (type) {
    case 'F32':
      return new Float32Array(bytes.slice().buffer);
    case 'F16':
      return floatsFromFloat16(words(bytes));
    case 'BF16':
      return floatsFromBfloat16(words(bytes));
    default:
      return fromBlocks(type, bytes);
  }
}

type BlockType = Exclude<StorageType, 'F32' | 'F16' | 'BF16'>;

/** Reads the block at byte `at` and writes its values from index `to` on. */
type ReadBlock = (block: Block) => void;

interface Block {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly values: Float32Array;
  readonly to: number;
}

function fromBlocks(type: BlockType, bytes: Uint8Array): Float32Array {
  const layout = blockLayouts[type];
  const blocks = bytes.length / layout.bytes;
  const values = new Float32Array(blocks * layout.values);
  const read = readers[type];
  for (let block = 0; block < blocks; block += 1) {
    read({ bytes, at: block * layout.bytes, values, to: block * layout.values });
  }
  return values;
}

const readers: Readonly<Record<BlockType, ReadBlock>> = {
  Q8_0: readQ8_0,
  Q4_0: readQ4_0,
  Q4_1: readQ4_1,
  Q4_K: readQ4K,
  Q5_K: readQ5K,
  Q6_K: readQ6K,
};

/** 32 values: scale, then a signed byte each. */
function readQ8_0({ bytes, at, values, to }: Block): void {
  const scale = half(bytes, at);
  for (let index = 0; index < 32; index += 1)
    values[to + index] = scale * signed(byte(bytes, at + 2 + index));
}

/** 32 values: scale, then a nibble each, less 8; the low nibbles are the first sixteen. */
function readQ4_0({ bytes, at, values, to }: Block): void {
  const scale = half(bytes, at);
  for (let index = 0; index < 16; index += 1) {
    const pair = byte(bytes, at + 2 + index);
    values[to + index] = scale * ((pair & 15) - 8);
    values[to + 16 + index] = scale * ((pair >> 4) - 8);
  }
}

/** 32 values: scale, minimum, then a nibble each. */
function readQ4_1({ bytes, at, values, to }: Block): void {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let index = 0; index < 16; index += 1) {
    const pair = byte(bytes, at + 4 + index);
    values[to + index] = scale * (pair & 15) + minimum;
    values[to + 16 + index] = scale * (pair >> 4) + minimum;
  }
}

/** 256 values: scale, scale of minima, eight pairs of six bits, then nibbles in runs of 32 low and 32 high ones. */
function readQ4K({ bytes, at, values, to }: Block): void {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let group = 0; group < 8; group += 1) {
    const { factor, offset } = groupScale(bytes, at + 4, group);
    const nibbles = at + 16 + 32 * (group >> 1);
    const shift = 4 * (group & 1);
    for (let index = 0; index < 32; index += 1) {
      const quant = (byte(bytes, nibbles + index) >> shift) & 15;
      values[to + 32 * group + index] = scale * factor * quant - minimum * offset;
    }
  }
}

/** As Q4_K, with a fifth bit for each value: bit `group` of 32 bytes before the nibbles. */
function readQ5K({ bytes, at, values, to }: Block): void {
  const scale = half(bytes, at);
  const minimum = half(bytes, at + 2);
  for (let group = 0; group < 8; group += 1) {
    const { factor, offset } = groupScale(bytes, at + 4, group);
    const nibbles = at + 48 + 32 * (group >> 1);
    const shift = 4 * (group & 1);
    for (let index = 0; index < 32; index += 1) {
      const high = (byte(bytes, at + 16 + index) >> group) & 1;
      const quant = ((byte(bytes, nibbles + index) >> shift) & 15) | (high << 4);
      values[to + 32 * group + index] = scale * factor * quant - minimum * offset;
    }
  }
}

/** 256 values: low nibbles (128 bytes), upper bit pairs (64), sixteen signed scales, the scale of these. */
function readQ6K({ bytes, at, values, to }: Block): void {
  const scale = half(bytes, at + 208);
  for (let index = 0; index < 256; index += 1) {
    const part = index >> 7;
    const run = (index >> 5) & 3;
    const lane = index & 31;
    const low = byte(bytes, at + 64 * part + 32 * (run & 1) + lane) >> (4 * (run >> 1));
    const high = byte(bytes, at + 128 + 32 * part + lane) >> (2 * run);
    const factor = signed(byte(bytes, at + 192 + (index >> 4)));
    values[to + index] = scale * factor * (((low & 15) | ((high & 3) << 4)) - 32);
  }
}

/** Six bits of scale and six of minimum for each of eight groups, packed into twelve bytes. */
function groupScale(bytes: Uint8Array, at: number, group: number): { factor: number; offset: number } {
  if (group < 4) return { factor: byte(bytes, at + group) & 63, offset: byte(bytes, at + group + 4) & 63 };
  const mixed = byte(bytes, at + group + 4);
  return {
    factor: (mixed & 15) | ((byte(bytes, at + group - 4) >> 6) << 4),
    offset: (mixed >> 4) | ((byte(bytes, at + group) >> 6) << 4),
  };
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function signed(value: number): number {
  return (value << 24) >> 24;
}

/** Every half as a single: two look-ups instead of a power for each block. */
const halves = floatsFromFloat16(Uint16Array.from({ length: 65_536 }, (_, bits) => bits));

function half(bytes: Uint8Array, at: number): number {
  return halves[byte(bytes, at) | (byte(bytes, at + 1) << 8)] ?? 0;
}

function words(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
}
