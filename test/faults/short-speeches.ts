import { readFileSync } from 'node:fs';

/** The beginnings of three shipped speeches as JSON lines: enough for some rows of 32 tokens, quick to evaluate. */
export function shortSpeeches(characters = 800): string {
  return readFileSync('data/speeches.jsonl', 'utf8')
    .split('\n')
    .slice(0, 3)
    .map((line) => (JSON.parse(line) as { readonly text: string }).text.slice(0, characters))
    .map((text) => `${JSON.stringify({ text })}\n`)
    .join('');
}
