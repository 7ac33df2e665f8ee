import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.js';
import { ablate } from '../../../src/plugins/stages/ablate/plugin.js';
import { completed, component } from '../evaluation/tiny-workplace.js';

function options(settings: JsonObject): JsonObject {
  return completed(ablate, { model: { stage: 'hybrid' }, ...settings });
}

test('two tasks or branches of one name are refused before the run', () => {
  const twice = [component('task', 'recall', { distance: 4 }), component('task', 'recall', { distance: 20 })];
  expect(ablate.check(options({ tasks: twice }))).toEqual([
    {
      pointer: '/tasks/1',
      keyword: 'rule',
      message:
        '"recall" stands twice in "tasks", and their metrics would have the same names. Give one of them another "name".',
    },
  ]);
  const named = [twice[0]!, component('task', 'recall', { distance: 20, name: 'far' })];
  expect(ablate.check(options({ tasks: named }))).toEqual([]);
  expect(ablate.metrics(options({ tasks: named })).map(({ name }) => name)).toContain('both.far.accuracy');
});
