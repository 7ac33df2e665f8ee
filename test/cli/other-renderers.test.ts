import { expect, test } from 'vitest';
import { JsonRenderer } from '../../src/cli/renderers/json.js';
import { QuietRenderer } from '../../src/cli/renderers/quiet.js';
import { expectText } from './expected-text.js';
import { recordedOutputs } from './recorded-output.js';
import { doneRun, failedRun } from './recorded-runs.js';

test('json hands every event on as it is, one a line', () => {
  const { outputs, text } = recordedOutputs();
  const renderer = new JsonRenderer(outputs.results, outputs.progress);
  for (const event of failedRun) renderer.show(event);
  expect(text()).toBe(failedRun.map((event) => `${JSON.stringify(event)}\n`).join(''));
});

test.each([
  { name: 'done', run: doneRun },
  { name: 'failed', run: failedRun },
])('quiet says the outcome of a run that is $name, and nothing before', ({ name, run }) => {
  const { outputs, text } = recordedOutputs();
  const renderer = new QuietRenderer(outputs);
  for (const event of run.slice(0, -1)) renderer.show(event);
  renderer.tick();
  expect(text()).toBe('');
  renderer.show(run.at(-1)!);
  expectText(`quiet-${name}.txt`, text());
});
