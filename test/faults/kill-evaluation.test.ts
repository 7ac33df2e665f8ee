import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hpl, startHpl } from '../cli/processes.js';
import { contentsOf } from './coordinator.js';
import { runFolder } from './run-folder.js';

/** All forms of tasks: answers of several tokens, choices, text. 12 batches in all. */
const pipeline = `hpl 1

pipeline p {
  backend = wasm
  model teacher { source = "m" }
  data speeches { source = "speeches.jsonl", tokenizer = teacher, context = 64 tokens, holdout = 30 % }
  evaluate scores {
    model      = teacher
    batch_size = 2
    tasks      = [
      passkey { lengths = [220 tokens, 256 tokens], depths = [0 %, 100 %], items = 2 },
      recall { form = words, distance = 40 tokens, pairs = 2, items = 4 },
      suffix_identification { data = speeches, items = 6, prefix = 30 tokens, suffix = 8 tokens },
      perplexity { data = speeches, sequences = 6 },
    ]
  }
}
`;

const environment = { HPL_CHECKPOINT_SECONDS: '0', OMP_NUM_THREADS: '1' };

const workFolder = (): string => runFolder(pipeline, 2400);

/** Whether the results of so many batches, or of more, have been saved. */
function hasCheckpoint(store: string, batches: number): boolean {
  const stages = existsSync(join(store, 'checkpoints')) ? readdirSync(join(store, 'checkpoints')) : [];
  const saved = stages.flatMap((stage) => readdirSync(join(store, 'checkpoints', stage)));
  return saved.some((name) => Number(/^(\d+)\.\d+$/.exec(name)?.[1] ?? 0) >= batches);
}

/** Starts a run and kills it, without a chance to say anything, once the results of so many batches are saved. */
async function killAfter(folder: string, batches: number): Promise<void> {
  const run = startHpl(folder, ['run', 'p.hpl', '--progress', 'plain'], environment);
  await run.said('[scores]');
  while (!hasCheckpoint(join(folder, '.hpl'), batches) && run.child.exitCode === null) await sleep(5);
  run.child.kill('SIGKILL');
  expect((await run.ended).code).toBe(null);
}

test('an evaluation killed twice in the middle goes on behind the saved items, to the bytes of an unbroken one', async () => {
  const unbroken = workFolder();
  const killed = workFolder();
  expect((await hpl(unbroken, ['run', 'p.hpl', '--quiet'], environment)).code).toBe(0);
  await killAfter(killed, 2);
  await killAfter(killed, 7);
  const last = await hpl(killed, ['run', 'p.hpl', '--progress', 'plain'], environment);
  expect([last.code, last.both]).toEqual([
    0,
    expect.stringMatching(/\[scores\] resumed at step ([7-9]|1[0-2])\n/),
  ]);
  expect(contentsOf(join(killed, '.hpl'))).toEqual(contentsOf(join(unbroken, '.hpl')));
}, 120_000);
