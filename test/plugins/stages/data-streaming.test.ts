import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { hpl } from '../../cli/processes.js';

const tokenizer = fileURLToPath(new URL('../../../models/tiny-llama/tokenizer.json', import.meta.url));
/** MiB of JavaScript objects that a process may have; hpl alone takes more than half of it. */
const heap = 40;

test('a file whose tokens alone would fill the memory allowed becomes rows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-streaming-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const line = (index: number): string =>
    `${JSON.stringify({ text: `Address ${index}: ${'my fellow citizens of this house, '.repeat(6)}` })}\n`;
  const texts = join(folder, 'texts.jsonl');
  writeFileSync(texts, Array.from({ length: 13_000 }, (_, index) => line(index)).join(''));
  expect(statSync(texts).size).toBeGreaterThan(2.9e6);
  writeFileSync(
    join(folder, 'p.hpl'),
    `hpl 1\n\npipeline p {\n  backend = cpu\n  data texts { source = "texts.jsonl", tokenizer_file = ${JSON.stringify(tokenizer)}, context = 128 tokens, shuffle = true }\n}\n`,
  );
  const { code, both } = await hpl(folder, ['run', 'p.hpl', '--progress', 'json'], {
    NODE_OPTIONS: `--max-old-space-size=${heap}`,
  });
  expect([code, both]).toEqual([0, expect.stringContaining('"documents":13000')]);
  expect(both).toMatch(/"type":"stage\.progress"[^\n]*"unit":"kB"/);
}, 180_000);
