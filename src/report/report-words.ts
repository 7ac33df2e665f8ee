import { formatBytes, formatDuration, formatNumber } from '../base/format-quantity.js';
import type { Report, ReportedStage } from './report.js';
import type { ResultTable } from './result-table.js';
import { valueText, weightsRows } from './run-words.js';

/** What a report is about, as rows of name and value. */
export function aboutRows(report: Report): readonly (readonly [string, string])[] {
  const { backend } = report;
  const params = Object.entries(report.params).map(([name, value]) => `${name} = ${valueText(value)}`);
  return [
    ['file', report.file],
    ...(params.length === 0 ? [] : [['params', params.join(', ')] as const]),
    ['backend', `${backend.name} ${backend.version}, ${backend.device}`],
    ...weightsRows(report.bf16Models),
    ['seed', String(report.seed)],
    ['run', report.run],
    ['started', report.startedAt],
    ['took', formatDuration(report.seconds)],
    ['status', statusWords(report)],
    ['hpl', report.hpl],
  ];
}

/** The stages of a run as a table: what became of each, how long it took, and its last key values. */
export function stageTable(report: Report): ResultTable {
  return {
    title: 'Stages',
    columns: [
      { name: 'stage', align: 'left' },
      { name: 'kind', align: 'left' },
      { name: 'status', align: 'left' },
      { name: 'time', align: 'right' },
      { name: 'memory', align: 'right' },
      { name: 'last values', align: 'left' },
    ],
    rows: report.stages.map((stage) => [
      stage.name,
      stage.kind,
      stage.status,
      stage.seconds === undefined ? '' : formatDuration(stage.seconds),
      stage.peakBytes === undefined ? '' : formatBytes(stage.peakBytes),
      lastValues(stage),
    ]),
    notes: [],
  };
}

/** How a run ended, in words. */
export function statusWords(report: Report): string {
  switch (report.status) {
    case 'gate-not-met':
      return 'done, but a gate is not met';
    case 'running':
      return 'the end was never written: it goes on, or it was killed';
    default:
      return report.status;
  }
}

const shownValues = 3;

function lastValues({ curves, tables }: ReportedStage): string {
  if (tables.length > 0) return 'see its table';
  const shown = curves
    .slice(0, shownValues)
    .map(({ name, values }) => `${name} ${formatNumber(values.at(-1) ?? '')}`);
  const more = curves.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
