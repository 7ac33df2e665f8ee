import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hpl, startHpl } from '../cli/processes.js';
import { contentsOf } from './coordinator.js';
import { runFolder } from './run-folder.js';

const training = 'batch = 1, evaluate_every = 2 steps, stop = steps >= 6';

/** A real conversion on two layers of real weights, a few steps long. */
const pipeline = `hpl 1

pipeline p {
  backend = wasm
  model teacher { source = "m" }
  data speeches { source = "speeches.jsonl", tokenizer = teacher, context = 32 tokens, holdout = 20 % }
  convert hybrid {
    model = teacher
    window = 16 tokens
    feature_map = hedgehog { activation = softmax, size = 8, noise = 0.1 }
    mix = fixed { window = 0.5 }
    linear_scope = all
  }
  transfer maps { model = hybrid, data = speeches, objective = attention_weights, ${training} }
  finetune recover { model = maps, data = speeches, adapter = lora { rank = 2, alpha = 4, targets = [q] }, dropout = window_dropout { schedule = 0.9 -> 0.5 }, ${training} }
}
`;

const environment = { HPL_CHECKPOINT_SECONDS: '0', OMP_NUM_THREADS: '1' };

const workFolder = (): string => runFolder(pipeline);

/** Whether a stage has saved its second step or a later one, and is not done. */
function hasCheckpoint(store: string): boolean {
  const stages = existsSync(join(store, 'checkpoints')) ? readdirSync(join(store, 'checkpoints')) : [];
  const saved = stages.flatMap((stage) => readdirSync(join(store, 'checkpoints', stage)));
  return saved.some((name) => /^[2-5]\.\d+$/.test(name));
}

/** Starts a run and kills it, without a chance to say anything, once the stage has saved something. */
async function killDuring(folder: string, stage: string): Promise<void> {
  const run = startHpl(folder, ['run', 'p.hpl', '--progress', 'plain'], environment);
  await run.said(`[${stage}] started`);
  while (!hasCheckpoint(join(folder, '.hpl')) && run.child.exitCode === null) await sleep(5);
  run.child.kill('SIGKILL');
  expect((await run.ended).code).toBe(null);
}

test('killed in the middle of transfer and again of fine-tuning, the third run ends with the bits of an unbroken one', async () => {
  const unbroken = workFolder();
  const killed = workFolder();
  expect((await hpl(unbroken, ['run', 'p.hpl', '--quiet'], environment)).code).toBe(0);
  await killDuring(killed, 'maps');
  await killDuring(killed, 'recover');
  const last = await hpl(killed, ['run', 'p.hpl', '--progress', 'plain'], environment);
  expect([last.code, last.both]).toEqual([0, expect.stringMatching(/\[recover\] resumed at step [2-6]/)]);
  expect(contentsOf(join(killed, '.hpl'))).toEqual(contentsOf(join(unbroken, '.hpl')));
}, 120_000);
