import type { Condition } from '../../base/condition.js';
import type { JsonObject } from '../../base/json.js';
import type { MetricDeclaration } from '../../base/signatures.js';

/** The options that all training stages share; their schemas spread this into `properties`. */
export const trainingOptions = {
  optimizer: {
    'x-plugin': 'optimizer',
    default: { plugin: 'adamw', options: {} },
    description: 'How gradients change parameters.',
  },
  batch: {
    type: 'integer',
    minimum: 1,
    default: 8,
    description: 'Rows of the data in one step.',
  },
  stop: {
    'x-condition': true,
    description:
      'When training ends, looked at after every evaluation. It must bound "epochs" or "steps"; schedules spread over that length.',
  },
  evaluate_every: {
    type: 'integer',
    minimum: 1,
    default: 50,
    'x-unit': 'steps',
    description: 'Steps between evaluations; one more is made at the end.',
  },
  keep: {
    type: 'string',
    enum: ['best', 'last'],
    default: 'best',
    description: 'Which parameters are the result: those with the lowest "validation.loss", or the last.',
  },
} as const;

/** A default for `stop`: training ends when the data has been seen so often. */
export function atEpochs(epochs: number): Condition & JsonObject {
  return {
    op: '>=',
    left: { op: 'metric', name: 'epochs' },
    right: { op: 'number', value: epochs },
  };
}

/** How much of the held-out data the evaluations of a conversion's training look at. */
export const validationRows = {
  type: 'integer',
  minimum: 1,
  default: 32,
  description: 'Held-out rows that an evaluation looks at, evenly spread; all where there are fewer.',
} as const;

/** The metrics that every training stage has. */
export const trainingMetrics: readonly MetricDeclaration[] = [
  { name: 'steps', description: 'Steps taken.', unit: 'steps' },
  { name: 'epochs', description: 'How often the training data has been seen.', unit: 'epochs' },
  {
    name: 'train.loss',
    description: 'Mean loss of the steps since the last evaluation.',
    better: 'lower',
  },
  { name: 'validation.loss', description: 'Mean loss on the held-out rows.', better: 'lower' },
];
