import { expect, test } from 'vitest';
import { retold } from '../../src/plugins/retold.js';

test('each step is told in other words, and what the steps give at the end comes through', async () => {
  const told: string[] = [];
  const steps = retold(counted([]), (step) => (step === 2 ? [] : [`step ${step}`, 'more']));
  for (let next = await steps.next(); ; next = await steps.next()) {
    told.push(next.value);
    if (next.done === true) break;
  }
  expect(told).toEqual(['step 1', 'more', 'step 3', 'more', 'end']);
});

test('a telling that is left early ends the steps', async () => {
  const ended: string[] = [];
  for await (const told of retold(counted(ended), (step) => [step])) {
    expect(told).toBe(1);
    break;
  }
  expect(ended).toEqual(['ended']);
});

async function* counted(ended: string[]): AsyncGenerator<number, string, undefined> {
  try {
    for (const step of [1, 2, 3]) yield await Promise.resolve(step);
    return 'end';
  } finally {
    ended.push('ended');
  }
}
