import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readModelConfig } from '../../src/model/config.js';
import { estimateMemory, totalBytes, type Workload } from '../../src/model/memory-estimate.js';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import { hpl } from '../cli/processes.js';
import { stubHub } from '../plugins/hub/stub-hub.js';
import { runFolder } from './run-folder.js';

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

const workFolder = (text = pipeline): string => runFolder(text, 20_000);

async function run(folder: string, environment: Record<string, string> = {}): Promise<readonly RunEvent[]> {
  const { out } = await hpl(folder, ['run', 'p.hpl', '--progress', 'json'], environment);
  return out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as RunEvent);
}

test('the estimate is within a factor of two of what real stages take', async () => {
  const events = await run(workFolder());
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

test('the second of two trainings is refused before the first has run, by plan and by run', async () => {
  const folder = workFolder(
    pipeline.replace('targets = [q, v] }, batch = 8', 'targets = [q, v] }, batch = 64'),
  );
  const small = { HPL_MEMORY_GIB: '0.5' };
  const planned = await hpl(folder, ['plan', 'p.hpl'], small);
  expect(numbersHidden(planned.err)).toBe(`p.hpl:15:3 error exceeds-memory
  15 |   finetune recover { model = maps, data = speeches, adapter = lora { rank = 4, alpha = 8, targets …
     |   ~~~~~~~~~~~~~~~~
The stage "recover" would need about N of memory, and there are 512 MiB for it (HPL_MEMORY_GIB). Most of it: activations N, products kept for the way back N, logits N. Lower the batch (64) or the context (256 tokens). Nothing was computed. HPL_MEMORY_GIB sets another limit, where the estimate is wrong.

1 error
`);
  expect(planned).toMatchObject({ code: 5, out: '' });
  const run = await hpl(folder, ['run', 'p.hpl', '--progress', 'plain'], small);
  expect(run).toMatchObject({ code: 5, out: '', err: planned.err });
  expect(existsSync(join(folder, '.hpl', 'artifacts'))).toBe(false);
});

/** Estimates, not limits. */
function numbersHidden(text: string): string {
  return text.replace(/(?<!are )\b[\d.]+ [MG]iB/g, 'N');
}

test('of a model that is still to be fetched it is known only at the start of the stages that train it', async () => {
  const shipped = 'models/tiny-llama';
  const files = ['config.json', 'model.safetensors', 'tokenizer.json'];
  const hub = await stubHub(new Map(files.map((name) => [name, readFileSync(join(shipped, name))])));
  onTestFinished(() => hub.close());
  const folder = workFolder(pipeline.replace('source = "m"', 'repository = "maker/tiny"'));
  const small = { HPL_MEMORY_GIB: '0.25', HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, 'hub') };
  const before = await hpl(folder, ['plan', 'p.hpl'], small);
  expect(before.code).toBe(0);
  expect(before.out).not.toContain('MiB');
  const events = await run(folder, small);
  expect(events.find((event) => event.type === 'stage.failed')).toMatchObject({
    stage: 'maps',
    cause: expect.stringMatching(
      /^This would need about \d{3} MiB of memory, and there are 256 MiB for it \(HPL_MEMORY_GIB\)\. Most of it: Node and the backend 150 MiB, activations [\d.]+ MiB, attention scores [\d.]+ MiB\. Lower the batch \(8\) or the context \(256 tokens\)\. This stage has computed nothing yet\. HPL_MEMORY_GIB sets another limit, where the estimate is wrong\.$/,
    ) as unknown,
  });
  expect(events.some((event) => event.type === 'stage.progress' && event.stage === 'maps')).toBe(false);
  const after = await hpl(folder, ['plan', 'p.hpl'], small);
  expect(after).toMatchObject({ code: 5, out: '' });
  expect(after.err).toContain('The stage "recover" would need about ');
});

test('bf16 on a backend that lacks it is refused where it is written, while a stage needs it', async () => {
  const folder = workFolder(pipeline.replace('source = "m"', 'source = "m", precision = bf16'));
  const refusal = `p.hpl:5:45 error not-on-this-machine
  5 |   model teacher { source = "m", precision = bf16 }
    |                                             ~~~~
The weights of "teacher" are to be bf16, which the backend "wasm" does not have. Use backend = tensorflow ("npx hpl setup" prepares it), or precision = fp32.

1 error
`;
  for (const command of [
    ['plan', 'p.hpl'],
    ['run', 'p.hpl'],
  ]) {
    expect(await hpl(folder, command)).toMatchObject({ code: 5, out: '', err: refusal });
  }
  writeFileSync(
    join(folder, 'p.hpl'),
    `hpl 1

pipeline p {
  backend = wasm
  model teacher { source = "m", precision = bf16 }
  export whole { model = teacher }
}
`,
  );
  expect(await hpl(folder, ['plan', 'p.hpl'])).toMatchObject({ code: 0, err: '' });
});
