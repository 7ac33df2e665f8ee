import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readModelConfig } from '../../src/model/config.js';
import { estimateMemory, totalBytes, type Workload } from '../../src/model/memory-estimate.js';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { hpl } from '../cli/processes.js';
import { modelWith } from './bad-models.js';
import { shortSpeeches } from './short-speeches.js';

// Real runs in processes of their own.
vi.setConfig({ testTimeout: 120_000 });

const training = 'batch = 8, evaluate_every = 2 steps, stop = steps >= 2, validation_rows = 8';

const pipeline = `hpl 1

pipeline p {
  backend = wasm
  model teacher { source = "m" }
  data speeches { source = "speeches.jsonl", tokenizer = teacher, context = 256 tokens, holdout = 20 % }
  convert hybrid {
    model = teacher
    window = 16 tokens
    feature_map = hedgehog { activation = softmax, size = 32, noise = 0.1 }
    mix = fixed { window = 0.5 }
    linear_scope = all
  }
  transfer maps { model = hybrid, data = speeches, objective = attention_weights, ${training} }
  finetune recover { model = maps, data = speeches, adapter = lora { rank = 4, alpha = 8, targets = [q, v] }, ${training} }
  ablate diagnosis { model = recover, branches = [both], tasks = [perplexity { data = speeches, sequences = 8 }], batch_size = 8 }
}
`;

function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-memory-'));
  modelWith(folder, 'm', {});
  writeFileSync(join(folder, 'speeches.jsonl'), shortSpeeches(20_000));
  writeFileSync(join(folder, 'p.hpl'), pipeline);
  return folder;
}

async function run(environment: Record<string, string>): Promise<readonly RunEvent[]> {
  const { out } = await hpl(workFolder(), ['run', 'p.hpl', '--progress', 'json'], environment);
  return out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RunEvent);
}

test('the estimate is within a factor of two of what real stages take', async () => {
  const events = await run({});
  const peaks = new Map(
    events.flatMap((event) =>
      event.type === 'stage.finished' ? [[event.stage, event.peakBytes ?? 0] as const] : [],
    ),
  );
  const config = await readModelConfig('models/tiny-llama/config.json');
  const estimated = (work: Workload['work']): number =>
    totalBytes(
      estimateMemory(config, {
        ...{ work, rows: 8, context: 256, precision: 'float32', features: 64, window: 16 },
        ...{ runtimeBytes: 150 * 2 ** 20, trainedNumbers: 24_576 },
      }),
    );
  const ratios = {
    transfer: estimated('transfer') / (peaks.get('maps') ?? 0),
    finetune: estimated('finetune') / (peaks.get('recover') ?? 0),
    measure: estimated('measure') / (peaks.get('diagnosis') ?? 0),
  };
  for (const ratio of Object.values(ratios)) {
    expect(ratio, JSON.stringify(ratios)).toBeGreaterThan(0.5);
    expect(ratio, JSON.stringify(ratios)).toBeLessThan(2);
  }
});

test('a stage that would not fit is refused before its weights are loaded', async () => {
  const events = await run({ HPL_MEMORY_GIB: '0.25' });
  const failed = events.find((event) => event.type === 'stage.failed');
  expect(failed).toMatchObject({
    stage: 'maps',
    cause: expect.stringMatching(
      /^This would need about \d{3} MiB of memory, and there are 256 MiB for it \(HPL_MEMORY_GIB\)\. Most of it: Node and the backend 150 MiB, activations \d+ MiB, attention scores \d+ MiB\. Lower the batch \(8\) or the context \(256 tokens\)\. This stage has computed nothing yet\. HPL_MEMORY_GIB sets another limit, where the estimate is wrong\.$/,
    ) as unknown,
  });
  expect(events.some((event) => event.type === 'stage.progress' && event.stage === 'maps')).toBe(false);
});
