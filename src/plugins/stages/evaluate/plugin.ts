import type { JsonObject } from '../../../base/json.js';
import type { MetricDeclaration, OptionProblem } from '../../../base/signatures.js';
import { defineStage } from '../../../runtime/contract/plugin.js';
import { componentsIn } from '../../evaluation/branch.js';
import { duplicates } from '../../evaluation/duplicates.js';
import { taskMetricDeclarations, taskName } from '../../evaluation/task.js';

/** Measures one model as it is. */
export const evaluate = defineStage({
  kind: 'evaluate',
  summary: 'Measures one model on tasks, with standard errors and per-item results.',
  resource: 'gpu',
  output: 'report',
  options: {
    type: 'object',
    additionalProperties: false,
    required: ['model', 'tasks'],
    properties: {
      model: { 'x-ref': 'model', description: 'A model, converted or not.' },
      branch: {
        'x-plugin': 'branch',
        default: { plugin: 'both', options: {} },
        description: 'What of a converted model stays active; a branch alone has weight 1.',
      },
      tasks: {
        type: 'array',
        minItems: 1,
        items: { 'x-plugin': 'task' },
        description: 'What the model is asked.',
      },
      require: {
        'x-condition': true,
        description: 'What must hold, such as recall.accuracy >= 0.8.',
      },
      batch_size: { type: 'integer', minimum: 1, default: 8, description: 'Items in one forward pass.' },
    },
  },
  metrics: evaluationMetrics,
  check: (options): readonly OptionProblem[] =>
    duplicates('tasks', componentsIn(options['tasks']).map(taskName)),
  forecast: async (options, context) =>
    (await import('../../evaluation/forecast-measurement.js')).forecastMeasurement(options, context),
  load: async () => (await import('./run.js')).Evaluate,
});

function evaluationMetrics(options: JsonObject): readonly MetricDeclaration[] {
  return componentsIn(options['tasks']).flatMap((task) =>
    taskMetricDeclarations(task, { prefix: '', of: 'the model' }),
  );
}
