import { expect, test } from 'vitest';
import { mmlu } from '../../../src/plugins/tasks/mmlu.js';

test('results from when "limit" of mmlu counted all questions are not taken for those that it gives', () => {
  expect(mmlu.version).toBe(2);
});
