import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { problemsOf } from './problems-of.js';

test.each<readonly [string, JsonObject, string, string]>([
  [
    'piqa',
    { file: 'a.jsonl', shots: 5 },
    'shots',
    '5 worked examples are to be shown, and there are none. Name a file of them as "examples", or set "shots" to 0.',
  ],
  [
    'mmlu',
    { test: 'a', shots: 5 },
    'shots',
    '5 worked examples are to be shown, and there are none. Name a file or folder of them as "dev", or set "shots" to 0.',
  ],
  [
    'arc_easy',
    { repository: 'a/b', shots: 0, examples: 'b.jsonl' },
    'examples',
    '"examples" is set and "shots" is 0, so none would be shown. Set "shots", or remove "examples".',
  ],
  [
    'mmlu',
    { test: 'a', shots: 0, dev: 'b' },
    'dev',
    '"dev" is set and "shots" is 0, so none would be shown. Set "shots", or remove "dev".',
  ],
  [
    'recall',
    { form: 'words', distance: 20, gap: 3 },
    'gap',
    '"gap" belongs to the form "tokens"; pairs in words follow one another. Remove it.',
  ],
])('%s %j is refused before the run', (plugin, options, key, message) => {
  expect(problemsOf(plugin, options)).toEqual([{ pointer: `/${key}`, keyword: 'rule', message }]);
});

test.each<readonly [string, JsonObject]>([
  ['piqa', { file: 'a.jsonl', shots: 5, examples: 'b.jsonl' }],
  ['piqa', { repository: 'a/b', shots: 5 }],
  ['mmlu', { test: 'a', shots: 5, dev: 'a' }],
  ['mmlu', { repository: 'a/b', shots: 5 }],
  ['recall', { form: 'words', distance: 20 }],
  ['recall', { form: 'tokens', distance: 20, gap: 3 }],
])('%s %j is accepted', (plugin, options) => {
  expect(problemsOf(plugin, options)).toEqual([]);
});
