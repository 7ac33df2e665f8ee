import { taskMetricNames } from '../../evaluation/task.js';

/** A number, or the word for one that JSON has not. */
const number = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] } as const;
const count = { type: 'integer', minimum: 0 } as const;
const text = { type: 'string' } as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;

/** An object with exactly these keys; those after the first list may be absent. */
function record(
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(required),
    properties: { ...required, ...optional },
  };
}

function list(items: object): object {
  return { type: 'array', items };
}

function byMetric(value: object): object {
  return { type: 'object', propertyNames: { enum: taskMetricNames }, additionalProperties: value };
}

const estimate = record({ value: number, standard_error: number, items: count });
const interval = record({ value: number, standard_error: number, items: count, low: number, high: number });

const item = record(
  { id: text, loss: number, accuracy: number, answers: list(count) },
  { accuracy_norm: number, log_likelihoods: list(number), nats: number, words: count, bytes: count },
);

const branch = record(
  {
    branch: text,
    title: text,
    applicable: { type: 'boolean' },
    metrics: byMetric(estimate),
    items: list(item),
  },
  {
    beyond_window: byMetric(estimate),
    minus_both: byMetric(interval),
    teacher_recovery: number,
    groups: list(record({ name: text, accuracy: estimate })),
    by_length_and_depth: list(record({ length: count, depth: share, accuracy: estimate })),
    answers: record({
      total: count,
      most_frequent: list(record({ answer: count, count })),
      share,
      expected_share: share,
      constant: { type: 'boolean' },
    }),
  },
);

const needle = record({ length: count, depth: share, distance: count });

const task = record(
  {
    name: text,
    metrics: list({ enum: taskMetricNames }),
    items: list(record({ id: text, tokens: count, targets: list(count) }, { truncated: count, needle })),
    coverage: record({
      scored_positions: count,
      with_linear_keys: count,
      beyond_window: count,
      items: count,
      items_longer_than_window: count,
      items_longer_than_two_windows: count,
    }),
    branches: list(branch),
  },
  { settings: { type: 'object' }, chance: share },
);

const signature = record(
  {
    code: { enum: ['linear-collapsed', 'linear-unused', 'constant-answer', 'linear-share-vanishes'] },
    verdict: { enum: ['present', 'absent', 'not decided', 'not applicable'] },
    branch: text,
    text,
  },
  { task: text },
);

const table = record({
  title: text,
  columns: list(record({ name: text, align: { enum: ['left', 'right'] } })),
  rows: list(list(text)),
  notes: list(text),
});

/** The form of an ablation's report.json, as a JSON Schema (draft 07). */
export const ablationReportSchema = record(
  {
    schema: { const: 'hpl.ablation/1' },
    stage: text,
    window: count,
    linear_scope: { enum: ['all', 'outside_window'] },
    renormalise: { type: 'boolean' },
    tasks: list(task),
    signatures: list(signature),
    tables: list(table),
  },
  {
    linear_share: record({
      dynamic_mix: { type: 'boolean' },
      layers: list(record({ layer: count, by_weight: number, by_norm: number })),
    }),
    gate: record({ condition: text, met: { type: 'boolean' }, explanation: text }),
  },
);
