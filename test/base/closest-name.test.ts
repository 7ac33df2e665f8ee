import { expect, test } from 'vitest';
import { closestName } from '../../src/base/closest-name.js';

test.each([
  ['windw', ['window', 'model'], 'window'],
  ['linear-scope', ['linear_scope', 'window'], 'linear_scope'],
  ['Softmax', ['softmax', 'relu'], 'softmax'],
  ['modle', ['model', 'mode_of'], 'model'],
  ['ab', ['ba', 'abc'], undefined],
  ['q', ['k', 'v'], undefined],
  ['cat', ['bat', 'rat'], undefined],
  ['window', ['window'], undefined],
  ['completely', ['different'], undefined],
] as const)('of %s and %j it is %s', (written, known, meant) => {
  expect(closestName(written, known)).toBe(meant);
});
