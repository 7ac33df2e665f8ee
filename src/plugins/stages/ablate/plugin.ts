import type { JsonObject } from '../../../base/json.js';
import type { MetricDeclaration, OptionProblem } from '../../../base/signatures.js';
import { defineStage } from '../../../runtime/contract/plugin.js';
import { branchName, componentsIn, measuredBranches } from '../../evaluation/branch.js';
import { duplicates } from '../../evaluation/duplicates.js';
import { taskMetricDeclarations, taskName } from '../../evaluation/task.js';

/** Measures what each branch of a converted model can do alone. */
export const ablate = defineStage({
  kind: 'ablate',
  summary: 'Measures each branch of a converted model alone, on the same items, and says whether both work.',
  source: 'Benfeghoul et al. 2025, arXiv 2510.05901, section 3.2',
  resource: 'gpu',
  output: 'report',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'tasks'],
    properties: {
      model: { 'x-ref': 'model', description: 'A converted model.' },
      branches: {
        type: 'array',
        minItems: 1,
        items: { 'x-plugin': 'branch' },
        default: [
          { plugin: 'both', options: {} },
          { plugin: 'window', options: {} },
          { plugin: 'linear', options: { scope: 'trained' } },
          { plugin: 'sinks', options: { count: 8 } },
          { plugin: 'none', options: {} },
        ],
        description:
          'What stays active, one row each. The linear branch is measured over all keys too, and the teacher always.',
      },
      tasks: {
        type: 'array',
        minItems: 1,
        items: { 'x-plugin': 'task' },
        description: 'What every branch is asked.',
      },
      renormalise: {
        type: 'boolean',
        default: true,
        description:
          'Whether a branch alone has weight 1, or keeps the weight that it has beside the other one. Changes the ' +
          'numbers, so reports name it.',
      },
      require: {
        'x-condition': true,
        description: 'What must hold, such as linear.recall.accuracy >= 0.8 * both.recall.accuracy.',
      },
      batch_size: { type: 'integer', minimum: 1, default: 8, description: 'Items in one forward pass.' },
    },
  },
  metrics: ablationMetrics,
  check: checkAblation,
  forecast: async (options, context) =>
    (await import('../../evaluation/forecast-measurement.js')).forecastMeasurement(options, context),
  load: async () => (await import('./run.js')).Ablate,
});

function ablationMetrics(options: JsonObject): readonly MetricDeclaration[] {
  const branches = measuredBranches(componentsIn(options['branches']));
  return branches.flatMap(({ name, title }) =>
    componentsIn(options['tasks']).flatMap((task) =>
      taskMetricDeclarations(task, { prefix: `${name}.`, of: title }),
    ),
  );
}

function checkAblation(options: JsonObject): readonly OptionProblem[] {
  return [
    ...duplicates('branches', componentsIn(options['branches']).map(branchName)),
    ...duplicates('tasks', componentsIn(options['tasks']).map(taskName)),
  ];
}
