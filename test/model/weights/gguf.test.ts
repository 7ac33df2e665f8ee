import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelFileError } from '../../../src/model/model-file-error.js';
import { GgufFile } from '../../../src/model/weights/gguf.js';
import { readSafetensors } from '../../../src/model/weights/safetensors.js';
import { ggufBytes, type TensorToPack } from './gguf-bytes.js';

const reference = new URL('../../reference/gguf/', import.meta.url).pathname;
let folder: string;
let hostileFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-gguf-'));
  hostileFile = join(folder, 'hostile.gguf');
});
afterAll(() => rm(folder, { recursive: true }));

async function problemOf(bytes: Uint8Array): Promise<string> {
  await writeFile(hostileFile, bytes);
  const file = await GgufFile.open(hostileFile).catch((error: unknown) => {
    if (!(error instanceof ModelFileError)) throw error;
    return error.message;
  });
  if (typeof file === 'string') return file.replace(hostileFile, 'FILE');
  await file.close();
  return 'sound';
}

test("every storage type is read as Python's gguf package reads it, to the last bit", async () => {
  const expected = await readSafetensors(join(reference, 'types.safetensors'));
  const file = await GgufFile.open(join(reference, 'types.gguf'));
  try {
    expect([...file.tensors.keys()]).toEqual([...expected.keys()]);
    for (const [name, tensor] of expected) expect(await file.read(name), name).toEqual(tensor);
  } finally {
    await file.close();
  }
});

test('metadata of every kind is read', async () => {
  const file = await GgufFile.open(join(reference, 'types.gguf'));
  await file.close();
  expect(Object.fromEntries(file.metadata)).toEqual({
    'general.architecture': 'llama',
    text: 'größer',
    numbers: [1, 2, 3],
    words: ['a', 'b c'],
    yes: true,
    negative: -5,
    large: 2 ** 40,
    real: 0.5,
  });
});

const two: TensorToPack = { name: 'w', dimensions: [2], type: 0, offset: 0, data: new Uint8Array(8) };
const hostile: readonly { name: string; bytes: Uint8Array; problem: string }[] = [
  {
    name: 'another format',
    bytes: new TextEncoder().encode('PK\u0003\u0004 and so on'),
    problem: 'FILE: the file does not begin with "GGUF". Name a GGUF file, or fetch it again.',
  },
  {
    name: 'an empty file',
    bytes: new Uint8Array(0),
    problem: 'FILE: the file does not begin with "GGUF". Name a GGUF file, or fetch it again.',
  },
  {
    name: 'another version',
    bytes: ggufBytes({ version: 1 }),
    problem:
      'FILE: the file has GGUF version 1; versions 2 and 3 (little-endian) can be read. Export it again.',
  },
  {
    name: 'more tensors than the file can hold',
    bytes: ggufBytes({ tensorCount: 2n ** 60n }),
    problem:
      'FILE: the header claims 1152921504606847000 tensors, more than the file can hold. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'an array longer than the file',
    bytes: ggufBytes({
      entries: [{ key: 'a', type: 9, value: [4, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0] }],
    }),
    problem:
      'FILE: the header claims 4294967295 values of "a", more than the file can hold. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'an unknown kind of value',
    bytes: ggufBytes({ entries: [{ key: 'a', type: 77, value: [0] }] }),
    problem:
      'FILE: the metadata key "a" has the unknown value type 77. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'a key that comes twice',
    bytes: ggufBytes({
      entries: [
        { key: 'a', type: 7, value: [0] },
        { key: 'a', type: 7, value: [1] },
      ],
    }),
    problem:
      'FILE: the metadata key "a" comes twice. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'an alignment that is none',
    bytes: ggufBytes({ entries: [{ key: 'general.alignment', type: 4, value: [33, 0, 0, 0] }] }),
    problem:
      'FILE: "general.alignment" is 33, no power of two. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'a type that cannot be read',
    bytes: ggufBytes({ tensors: [{ ...two, type: 11 }] }),
    problem:
      'FILE: tensor "w" has the type Q3_K; F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K can be read. Take the model in one of these.',
  },
  {
    name: 'a type that nobody knows',
    bytes: ggufBytes({ tensors: [{ ...two, type: 1000 }] }),
    problem:
      'FILE: tensor "w" has the type number 1000; F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K can be read. Take the model in one of these.',
  },
  {
    name: 'rows that are no whole blocks',
    bytes: ggufBytes({ tensors: [{ ...two, type: 8 }] }),
    problem:
      'FILE: tensor "w" has rows of 2 numbers; Q8_0 holds them in blocks of 32. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'a tensor that is described twice',
    bytes: ggufBytes({ tensors: [two, { ...two, offset: 32 }] }),
    problem:
      'FILE: tensor "w" is described twice. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'tensors that overlap',
    bytes: ggufBytes({ tensors: [two, { ...two, name: 'v' }] }),
    problem:
      'FILE: tensor "v" overlaps tensor "w". The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'a tensor between the steps of the alignment',
    bytes: ggufBytes({ tensors: [{ ...two, offset: 8 }] }),
    problem:
      'FILE: tensor "w" is not aligned to 32 bytes. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'a tensor outside the file',
    bytes: ggufBytes({ tensors: [{ ...two, dimensions: [2000] }] }),
    problem:
      'FILE: tensor "w" lies at bytes 64 to 8064; the file has 72. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'five axes',
    bytes: ggufBytes({ tensors: [{ ...two, dimensions: [1, 1, 1, 1, 2] }] }),
    problem:
      'FILE: tensor "w" has 5 axes; at most four can be. The file is damaged or truncated. Fetch or export it again.',
  },
  {
    name: 'a size beyond all memory',
    bytes: ggufBytes({ tensors: [{ ...two, dimensions: [2 ** 40, 2 ** 40] }] }),
    problem:
      'FILE: tensor "w" has the impossible shape [1099511627776, 1099511627776]. The file is damaged or truncated. Fetch or export it again.',
  },
];

test.each(hostile)('$name is refused', async ({ bytes, problem }) => {
  expect(await problemOf(bytes)).toBe(problem);
});

test('the smallest sound file is read', async () => {
  expect(await problemOf(ggufBytes({ tensors: [two] }))).toBe('sound');
});

test('a file that ends anywhere is refused', async () => {
  const sound = await GgufFile.open(join(reference, 'types.gguf'));
  await sound.close();
  // What follows the last tensor is padding.
  const dataEnd = Math.max(...[...sound.tensors.values()].map(({ end }) => end));
  const whole = await readFile(join(reference, 'types.gguf'));
  await fc.assert(
    fc.asyncProperty(fc.nat(dataEnd - 1), async (length) => {
      expect(await problemOf(whole.subarray(0, length))).toMatch(/^FILE: .*again\.$/);
    }),
    { numRuns: 60 },
  );
});

test('bytes that differ anywhere in the header are read or refused, never more', async () => {
  const whole = await readFile(join(reference, 'types.gguf'));
  await fc.assert(
    fc.asyncProperty(fc.nat(800), fc.integer({ min: 0, max: 255 }), async (at, value) => {
      const bytes = new Uint8Array(whole);
      bytes[at] = value;
      expect(await problemOf(bytes)).toMatch(/^(sound|FILE: .*)$/s);
    }),
    { numRuns: 150 },
  );
});

test('a missing file is named', async () => {
  await expect(GgufFile.open(join(folder, 'none.gguf'))).rejects.toThrow(
    'none.gguf: the file cannot be opened. Check the path and its permissions.',
  );
});
