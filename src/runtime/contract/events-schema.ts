import { eventsSchema } from './events.js';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const seconds = { type: 'number', minimum: 0 } as const;
const truth = { type: 'boolean' } as const;
const record = { type: 'object' } as const;
const fingerprint = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const metricValue = { anyOf: [{ type: 'number' }, { enum: ['NaN', 'Infinity', '-Infinity'] }] } as const;

interface Body {
  /** What the event says, for readers of the schema. */
  readonly description: string;
  readonly required: Readonly<Record<string, object>>;
  readonly optional?: Readonly<Record<string, object>>;
}

const backend = {
  type: 'object',
  required: ['name', 'version', 'device'],
  properties: { name: text, version: text, device: text, why: text },
} as const;

const plannedStage = {
  type: 'object',
  required: ['stage', 'kind', 'fingerprint', 'after', 'action', 'reason'],
  properties: {
    stage: text,
    kind: text,
    fingerprint,
    after: { type: 'array', items: text },
    action: { enum: ['run', 'cached', 'resume'] },
    reason: text,
  },
} as const;

const runBodies: Readonly<Record<string, Body>> = {
  'run.started': {
    description: 'Always first: which file, plugins and machine the run is about.',
    required: {
      schema: { const: eventsSchema },
      hpl: text,
      pipeline: text,
      file: text,
      seed: { type: 'number' },
      params: record,
      backend,
      store: text,
      pid: count,
    },
    optional: { bf16Models: { type: 'array', items: text }, resume: text },
  },
  'run.plan': {
    description: 'The frozen plan.',
    required: { stages: { type: 'array', items: plannedStage } },
  },
  'run.finished': {
    description: 'Always last, whatever happened.',
    required: {
      status: { enum: ['done', 'failed', 'gate-not-met', 'interrupted'] },
      exitCode: count,
      seconds,
    },
    optional: { resume: text },
  },
};

const stageBodies: Readonly<Record<string, Body>> = {
  'stage.cached': {
    description: 'The result is in the store already; nothing is computed.',
    required: { kind: text, fingerprint, summary: record },
  },
  'stage.started': {
    description: 'A worker has begun.',
    required: { kind: text, fingerprint, pid: count },
    optional: { resumedFrom: count },
  },
  'stage.progress': {
    description: 'A step is done.',
    required: { step: count, of: count, unit: text },
    optional: { perSecond: seconds, etaSeconds: seconds },
  },
  'stage.metric': {
    description: 'A declared metric has a value.',
    required: { name: text, value: metricValue, step: { type: 'number' } },
    optional: { standardError: { anyOf: [{ type: 'number' }, { type: 'null' }] } },
  },
  'stage.log': {
    description: 'A message; native is what a library printed past the plugin.',
    required: {
      level: { enum: ['debug', 'info', 'warning', 'error'] },
      source: { enum: ['plugin', 'native'] },
      message: text,
    },
  },
  'stage.checkpoint': {
    description: 'State was saved from which the stage can go on.',
    required: { step: count },
  },
  'stage.gate': {
    description: 'A require was judged.',
    required: { condition: text, met: truth, explanation: text },
  },
  'stage.finished': {
    description: 'The artifact is published.',
    required: { fingerprint, artifact: text, seconds, summary: record },
    optional: { peakBytes: count },
  },
  'stage.failed': {
    description:
      'The stage ended without an artifact; cause and remedy are sentences, file and line its block in the pipeline file.',
    required: { cause: text, lastLines: { type: 'array', items: text } },
    optional: { remedy: text, file: text, line: count },
  },
  'stage.interrupted': {
    description: 'The stage stopped at a checkpoint because the run was interrupted.',
    required: { step: count },
  },
  'stage.skipped': {
    description: 'Not started, because a stage that it needs did not finish.',
    required: { because: text },
  },
};

function branch(type: string, body: Body, shared: Readonly<Record<string, object>>): object {
  const required = { ...shared, ...body.required };
  return {
    description: body.description,
    type: 'object',
    required: ['type', ...Object.keys(required)],
    properties: { type: { const: type }, ...required, ...body.optional },
  };
}

/**
 * The JSON Schema (draft 07) of one line of `events.jsonl`. Minor versions add fields and types, so a reader that
 * validates lines of a newer hpl must let types through that this schema does not name.
 */
export const eventsJsonSchema = {
  $id: eventsSchema,
  type: 'object',
  required: ['v', 'seq', 'time', 'run', 'type'],
  properties: {
    v: { const: 1 },
    seq: count,
    time: { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` },
    run: text,
    type: text,
  },
  oneOf: [
    ...Object.entries(runBodies).map(([type, body]) => branch(type, body, {})),
    ...Object.entries(stageBodies).map(([type, body]) => branch(type, body, { stage: text })),
  ],
} as const;
