import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Plan } from '../../src/runtime/planned.js';
import { hpl } from './processes.js';

vi.setConfig({ testTimeout: 60_000 });

const model = resolve(import.meta.dirname, '../../models/tiny-llama');

const pipeline = `hpl 1

pipeline p {
  backend = wasm
  model teacher { source = "${model}" }
  data speeches { source = "speeches.txt", tokenizer = teacher, context = 256 tokens }
  convert hybrid { model = teacher, linear_scope = all }
  transfer maps { model = hybrid, data = speeches, objective = attention_weights, stop = steps >= 2 }
  evaluate score { model = maps, tasks = [recall { distance = 32 tokens }] }
}
`;

function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-plan-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'speeches.txt'), 'Fellow citizens.');
  writeFileSync(join(folder, 'p.hpl'), pipeline);
  return folder;
}

test('a plan shows what each stage would take, as far as it is known', async () => {
  const folder = workFolder();
  const { code, out, err } = await hpl(folder, ['plan', 'p.hpl']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.replace(/\b\d+ MiB/g, '123 MiB').replace(folder, 'FOLDER')).toBe(`p  p.hpl
  backend  wasm tfjs 4.22.0, cpu, 1 thread, SIMD
  store    FOLDER/.hpl

stage      kind       action      memory   reason      after
───────────────────────────────────────────────────────────────────────
teacher    model      run                  never run
speeches   data       run                  never run   teacher
hybrid     convert    run                  never run   teacher
maps       transfer   run        123 MiB   never run   hybrid, speeches
score      evaluate   run      ≥ 123 MiB   never run   maps

5 of 5 stages to compute.
`);
});

test('a plan as JSON has the bytes', async () => {
  const { out } = await hpl(workFolder(), ['plan', 'p.hpl', '--json']);
  const { stages } = JSON.parse(out) as Plan;
  const bytes = expect.any(Number) as unknown;
  expect(stages.map(({ name, memory }) => [name, memory])).toEqual([
    ['teacher', undefined],
    ['speeches', undefined],
    ['hybrid', undefined],
    ['maps', { bytes }],
    ['score', { bytes, atLeast: true }],
  ]);
});

test('a limit that is no number is said before anything runs', async () => {
  const folder = workFolder();
  for (const command of ['plan', 'run']) {
    expect(await hpl(folder, [command, 'p.hpl'], { HPL_MEMORY_GIB: 'much' })).toMatchObject({
      code: 2,
      out: '',
      err: 'error The variable HPL_MEMORY_GIB is "much". Set it to a number of GiB, such as 24, or unset it.\n',
    });
  }
});
