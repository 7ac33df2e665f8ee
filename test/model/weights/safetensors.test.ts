import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  readSafetensors,
  SafetensorsFile,
  writeSafetensors,
  type ArrayTensor,
} from '../../../src/model/weights/safetensors.js';
import { toWrite } from './arrays-to-write.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file with this header text and so many bytes of data. */
async function fileOf(header: string, data: number | Uint8Array, claimed?: bigint): Promise<string> {
  const json = new TextEncoder().encode(header);
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  const whole = new Uint8Array(8 + json.length + bytes.length);
  new DataView(whole.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  whole.set(json, 8);
  whole.set(bytes, 8 + json.length);
  const file = join(folder, 'hostile.safetensors');
  await writeFile(file, whole);
  return file;
}

const entry = (dtype: string, shape: readonly number[], offsets: readonly number[]): string =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });

const hostile: readonly { name: string; header: string; data: number; claimed?: bigint; message: string }[] =
  [
    {
      name: 'a header longer than the file',
      header: '{}',
      data: 0,
      claimed: 3n,
      message: 'the header claims 3 bytes; the file has 10.',
    },
    {
      name: 'a header length beyond all numbers',
      header: '{}',
      data: 0,
      claimed: 2n ** 64n - 1n,
      message: 'the header claims 18446744073709551615 bytes; the file has 10.',
    },
    { name: 'a header that is no JSON', header: '{"a":', data: 0, message: 'the header is not valid JSON.' },
    { name: 'a header that is a list', header: '[]', data: 0, message: 'the header is not a JSON object.' },
    {
      name: 'a tensor without description',
      header: '{"a":3}',
      data: 0,
      message: 'tensor "a" has no description.',
    },
    {
      name: 'an unknown type',
      header: `{"a":${entry('F12', [1], [0, 4])}}`,
      data: 4,
      message: 'tensor "a" has the unknown type "F12".',
    },
    {
      name: 'a type from the prototype',
      header: `{"a":${entry('constructor', [1], [0, 4])}}`,
      data: 4,
      message: 'tensor "a" has the unknown type "constructor".',
    },
    {
      name: 'a negative size',
      header: `{"a":${entry('F32', [-1], [0, 4])}}`,
      data: 4,
      message: 'tensor "a" has the impossible shape [-1].',
    },
    {
      name: 'a size that is no integer',
      header: `{"a":${entry('F32', [0.5], [0, 2])}}`,
      data: 2,
      message: 'tensor "a" has the impossible shape [0.5].',
    },
    {
      name: 'offsets that are none',
      header: `{"a":${entry('F32', [1], [4])}}`,
      data: 4,
      message: 'tensor "a" has the impossible offsets [4].',
    },
    {
      name: 'offsets backwards',
      header: `{"a":${entry('F32', [1], [4, 0])}}`,
      data: 4,
      message: 'tensor "a" lies at bytes 4 to 0, outside the 4 bytes of data.',
    },
    {
      name: 'a tensor beyond the end',
      header: `{"a":${entry('F32', [2], [0, 8])}}`,
      data: 4,
      message: 'tensor "a" lies at bytes 0 to 8, outside the 4 bytes of data.',
    },
    {
      name: 'a shape that does not fit the bytes',
      header: `{"a":${entry('F32', [3], [0, 8])}}`,
      data: 8,
      message: 'tensor "a" has 8 bytes; shape [3] of F32 needs 12.',
    },
    {
      name: 'a shape whose size overflows',
      header: `{"a":${entry('F32', [2 ** 40, 2 ** 40], [0, 8])}}`,
      data: 8,
      message: 'tensor "a" has 8 bytes; shape [1099511627776, 1099511627776] of F32 needs',
    },
    {
      name: 'tensors that overlap',
      header: `{"a":${entry('F32', [2], [0, 8])},"b":${entry('F32', [1], [4, 8])}}`,
      data: 8,
      message: 'tensor "b" overlaps tensor "a".',
    },
    {
      name: 'bytes between tensors',
      header: `{"a":${entry('F32', [1], [0, 4])},"b":${entry('F32', [1], [8, 12])}}`,
      data: 12,
      message: 'bytes 4 to 8 before tensor "b" belong to no tensor.',
    },
    {
      name: 'bytes after the last tensor',
      header: `{"a":${entry('F32', [1], [0, 4])}}`,
      data: 7,
      message: 'the last 3 bytes belong to no tensor.',
    },
    {
      name: 'a name twice',
      header: `{"a":${entry('F32', [1], [0, 4])},"a":${entry('F32', [1], [0, 4])}}`,
      data: 4,
      message: 'tensor "a" is described twice.',
    },
    {
      name: 'a name twice, once escaped',
      header: `{"a":${entry('F32', [1], [0, 4])}, "\\u0061" : ${entry('F32', [1], [0, 4])}}`,
      data: 4,
      message: 'tensor "a" is described twice.',
    },
  ];

test.each(hostile)('refused, naming the file: $name', async ({ header, data, claimed, message }) => {
  const file = await fileOf(header, data, claimed);
  await expect(SafetensorsFile.open(file)).rejects.toThrow(`${file}: ${message}`);
});

test('refused: fewer bytes than the length of a header', async () => {
  const file = join(folder, 'short.safetensors');
  await writeFile(file, 'abc');
  await expect(SafetensorsFile.open(file)).rejects.toThrow('the file has 3 bytes, too few for safetensors.');
});

test('refused: a file that is not there', async () => {
  const file = join(folder, 'absent.safetensors');
  await expect(SafetensorsFile.open(file)).rejects.toThrow(`${file}: the file cannot be opened.`);
});

test('a tensor that is absent, or of a type that cannot be computed with, is named', async () => {
  const file = await SafetensorsFile.open(await fileOf(`{"a":${entry('I64', [1], [0, 8])}}`, 8));
  await expect(file.read('b')).rejects.toThrow('tensor "b" is missing.');
  await expect(file.read('a')).rejects.toThrow(
    'tensor "a" has type I64; F32, F16, BF16 and I32 can be read. Export the file in one of these.',
  );
  await file.close();
});

test('metadata is no tensor, and a scalar and an empty tensor are tensors', async () => {
  const header = `{"__metadata__":{"format":"pt"},"scalar":${entry('F32', [], [0, 4])},"empty":${entry('F32', [0, 3], [4, 4])}}`;
  const tensors = await readSafetensors(await fileOf(header, new Uint8Array(new Float32Array([2.5]).buffer)));
  expect([...tensors]).toEqual([
    ['scalar', { shape: [], values: new Float32Array([2.5]) }],
    ['empty', { shape: [0, 3], values: new Float32Array() }],
  ]);
});

test('half precision is read exactly: signs, subnormals, infinities', async () => {
  const halves = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x8000, 0x7c00, 0xfbff, 0x3555]);
  const brain = new Uint16Array([0x3f80, 0xc000, 0x0001, 0x8000, 0x7f80, 0xff7f, 0x3eab]);
  const read = async (type: string, bits: Uint16Array): Promise<number[]> => {
    const header = `{"a":${entry(type, [7], [0, 14])}}`;
    const tensors = await readSafetensors(await fileOf(header, new Uint8Array(bits.buffer)));
    return [...tensors.get('a')!.values];
  };
  expect(await read('F16', halves)).toEqual([1, -2, 2 ** -24, -0, Infinity, -65504, 0.333251953125]);
  expect(await read('BF16', brain)).toEqual([
    1,
    -2,
    9.183549615799121e-41,
    -0,
    Infinity,
    -3.3895313892515355e38,
    0.333984375,
  ]);
});

const tensor: fc.Arbitrary<ArrayTensor> = fc
  .tuple(fc.array(fc.nat(4), { maxLength: 3 }), fc.boolean(), fc.infiniteStream(fc.float({ noNaN: true })))
  .map(([shape, whole, stream]) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    const numbers = Array.from({ length: size }, () => stream.next().value as number);
    return { shape, values: whole ? Int32Array.from(numbers) : Float32Array.from(numbers) };
  });

test('what is written is read back, whatever the names, shapes and numbers', async () => {
  const file = join(folder, 'round-trip.safetensors');
  const name = fc.string({ unit: 'binary' }).filter((text) => !['__metadata__', '__proto__'].includes(text));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, tensor), async (dictionary) => {
      const tensors = new Map(Object.entries(dictionary));
      await writeSafetensors(file, toWrite(tensors));
      const found = await readSafetensors(file);
      expect(found).toEqual(tensors);
    }),
    { numRuns: 50 },
  );
});

test('damage anywhere in a header never crashes the reader with anything but its own error', async () => {
  const file = join(folder, 'sound.safetensors');
  await writeSafetensors(file, toWrite(new Map([['a.weight', { shape: [2], values: new Float32Array(2) }]])));
  const sound = await readFile(file);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(sound.length - 1),
      fc.nat(255),
      fc.nat(sound.length),
      async (at, byte, length) => {
        const damaged = Uint8Array.from(sound).subarray(0, length);
        if (at < length) damaged[at] = byte;
        await writeFile(file, damaged);
        await readSafetensors(file).catch((error: unknown) => {
          expect((error as Error).name).toBe('ModelFileError');
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('writing that fails leaves the old file and nothing else', async () => {
  const inner = await mkdtemp(join(folder, 'atomic-'));
  const file = join(inner, 'weights.safetensors');
  await writeSafetensors(file, toWrite(new Map([['a', { shape: [1], values: new Float32Array([1]) }]])));
  const before = await readFile(file);
  const failing = {
    shape: [1],
    type: 'F32' as const,
    read: () => Promise.reject(new Error('no more memory')),
  };
  await expect(writeSafetensors(file, new Map([['a', failing]]))).rejects.toThrow('no more memory');
  expect(await readFile(file)).toEqual(before);
  expect(await readdir(inner)).toEqual(['weights.safetensors']);
});
