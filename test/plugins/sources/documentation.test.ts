import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDiagnostics } from '../../../src/base/render-diagnostics.js';
import { compilePipeline } from '../../../src/cli/compose.js';
import { print } from '../../../src/language/print.js';
import { dataSuffixes } from '../../../src/plugins/sources/records/data-files.js';
import { problemsOf } from '../tasks/problems-of.js';

const page = readFileSync('docs/data.md', 'utf8');
const [example = ''] = [...page.matchAll(/^```hpl\n([^]*?)^```$/gm)].map(([, text = '']) => text);

/** What `hpl check` says to a pipeline, as on its screen. */
async function said(text: string): Promise<string> {
  const checked = await compilePipeline({ file: 'docs/data.hpl', text });
  return checked.ok ? 'ok' : renderDiagnostics(checked.error, { color: false });
}

test('the example of the page is accepted by hpl check, and laid out as fmt would', async () => {
  expect(await said(example)).toBe('ok');
  expect(print({ file: 'docs/data.hpl', text: example })).toEqual({ ok: true, value: example });
});

test('the page names every suffix', () => {
  for (const suffix of dataSuffixes) expect(page).toContain(`\`${suffix}\``);
});

test('a place that is none, or two, or a day that is none, is a mistake with its place in the file', async () => {
  const withSource = (source: string): string => `hpl 1

pipeline p {
  model teacher { source = "../models/tiny-llama" }
  data texts { sources = [${source}], tokenizer = teacher, context = 8 tokens }
}
`;
  expect(await said(withSource('text'))).toBe(`docs/data.hpl:5:27 error rule-not-met
  5 |   data texts { sources = [text], tokenizer = teacher, context = 8 tokens }
    |                           ~~~~
Neither "path" nor "repository" is set. Set one of them.`);
  expect(await said(withSource('chat { path = "a.jsonl", repository = "a/b" }'))).toContain(
    'Both "path" and "repository" are set. Keep one of them.',
  );
  expect(await said(withSource('alpaca { path = "a.jsonl", split = "train" }'))).toContain(
    '"split" belongs to a "repository"; a file or folder has none. Remove it.',
  );
  for (const date of ['2025-02-29', '2025-13-01', 'today']) {
    expect(await said(withSource(`chat { path = "a.jsonl", date = "${date}" }`))).toContain(
      `"${date}" is no day of the calendar. Write it as year-month-day, such as "2024-07-26".`,
    );
  }
});

test.each<[object, readonly object[]]>([
  [{ path: 'a' }, []],
  [{ repository: 'a/b', files: '*', split: 'train', revision: 'main' }, []],
  [
    {},
    [
      {
        pointer: '',
        keyword: 'rule',
        message: 'Neither "path" nor "repository" is set. Set one of them.',
      },
    ],
  ],
  [
    { path: 'a', files: '*', revision: 'main' },
    ['files', 'revision'].map((key) => ({
      pointer: `/${key}`,
      keyword: 'rule',
      message: `"${key}" belongs to a "repository"; a file or folder has none. Remove it.`,
    })),
  ],
])('the place %j has the problems %j', (options, problems) => {
  expect(problemsOf('text', { ...options, field: 'text' }, 'source')).toEqual(problems);
});
