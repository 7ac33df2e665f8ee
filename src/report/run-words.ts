import { formatDuration, formatNumber } from '../base/format-quantity.js';
import type { Json } from '../base/json.js';
import { isJsonObject } from '../base/json.js';
import type { Palette } from './palette.js';
import type { RunEnd, RunHeader, RunState } from './run-state.js';
import type { MetricTrail, StageState } from './stage-state.js';
import { pad, wrapText } from './text-width.js';

/** What the run is about, as lines: pipeline, file, parameters, backend, precision, seed, store and run. */
export function runHeaderLines(header: RunHeader, palette: Palette): readonly string[] {
  const params = Object.entries(header.params).map(([name, value]) => `${name} = ${valueText(value)}`);
  const rows: readonly (readonly [string, string])[] = [
    ...(params.length === 0 ? [] : [['params', params.join(', ')] as const]),
    ['backend', backendText(header)],
    ...weightsRows(header.bf16Models),
    ['seed', String(header.seed)],
    ['store', header.store],
    ['run', header.run],
  ];
  return [
    `${palette.bold(header.pipeline)}  ${header.file}  ${palette.dim(`hpl ${header.hpl}`)}`,
    ...rows.map(([name, text]) => `  ${palette.dim(pad(name, 8))} ${text}`),
  ];
}

/** `bf16 in teacher`, where the frozen weights of models are kept so. */
export function weightsRows(
  models: readonly string[] = [],
): readonly (readonly [name: string, text: string])[] {
  return models.length === 0 ? [] : [['weights', `bf16 in ${models.join(', ')}`]];
}

/** `4 stages: 2 cached, 1 to resume, 1 to run`. */
export function planSentence(state: RunState): string {
  const counts = [
    ['cached', 'cached'],
    ['resume', 'to resume'],
    ['run', 'to run'],
  ] as const;
  const parts = counts.flatMap(([action, words]) => {
    const count = state.plan.filter((note) => note.action === action).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const total = state.plan.length;
  return `${total} ${total === 1 ? 'stage' : 'stages'}: ${parts.join(', ')}`;
}

/** One sentence on how a run ended. */
export function endSentence(end: RunEnd, palette: Palette): string {
  const time = formatDuration(end.seconds);
  switch (end.status) {
    case 'done':
      return palette.green(`done in ${time}`);
    case 'failed':
      return palette.red(`failed after ${time} (exit code ${end.exitCode})`);
    case 'gate-not-met':
      return palette.yellow(`done in ${time}, but a gate is not met (exit code ${end.exitCode})`);
    default:
      return palette.yellow(`interrupted after ${time} (exit code ${end.exitCode})`);
  }
}

/** A gate's verdict: the condition, and below it what was found, wrapped to the width. */
export function gateLines(
  gate: StageState['gates'][number],
  width: number,
  palette: Palette,
): readonly string[] {
  const words = gate.explanation === '' ? [] : wrapText(gate.explanation, width - 2);
  const indent = verdictOf(gate).length + 2;
  const [first = '', ...rest] = wrapText(gate.condition, width - indent);
  return [
    gateVerdict({ ...gate, condition: first }, palette),
    ...rest.map((line) => ' '.repeat(indent) + line),
    ...words.map((line) => `  ${line}`),
  ];
}

/** Whether a gate's condition holds, in one line. */
export function gateVerdict(
  gate: Pick<StageState['gates'][number], 'met' | 'condition'>,
  palette: Palette,
): string {
  const colour = gate.met ? palette.green : palette.red;
  return `${colour(verdictOf(gate))}  ${gate.condition}`;
}

function verdictOf({ met }: Pick<StageState['gates'][number], 'met'>): string {
  return met ? '✔ gate met' : '✖ gate not met';
}

/** `validation.loss 2.314 ± 0.02`. */
export function metricText({ latest }: MetricTrail): string {
  const error = latest.standardError === undefined ? '' : ` ± ${formatNumber(latest.standardError)}`;
  return `${latest.name} ${formatNumber(latest.value)}${error}`;
}

/** A parameter's value as it would be written in a pipeline file. */
export function valueText(value: Json): string {
  if (typeof value === 'string') return value;
  if (isJsonObject(value) && typeof value['plugin'] === 'string') return value['plugin'];
  return JSON.stringify(value);
}

function backendText({ backend }: RunHeader): string {
  const why = backend.why === undefined ? '' : ` (${backend.why})`;
  return `${backend.name} ${backend.version}, ${backend.device}${why}`;
}
