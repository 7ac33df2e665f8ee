import { aboutRows, stageTable, statusWords } from '../report-words.js';
import type { MetricCurve, Report, ReportedStage } from '../report.js';
import type { ResultTable } from '../result-table.js';
import { barCharts } from './bar-chart.js';
import { lineChart } from './line-chart.js';
import { escapeHtml } from './markup.js';
import { pageStyle } from './page-style.js';
import { timeline } from './timeline.js';

/** A report as one page that needs nothing but itself: results first, then how they came about. */
export function renderReportHtml(report: Report): string {
  const tables = report.stages.flatMap((stage) => stage.tables);
  const body = [
    `<h1>${escapeHtml(report.pipeline)}</h1>`,
    `<p class="status ${report.status}">${escapeHtml(statusWords(report))}</p>`,
    definitions(aboutRows(report).filter(([name]) => name !== 'status')),
    ...report.stages.map(failure),
    ...tables.map((table) => `${tableMarkup(table)}${barCharts(table)}`),
    ...report.stages.flatMap(gates),
    '<h2>Timeline</h2>',
    timeline(report),
    tableMarkup(stageTable(report)),
    ...report.stages.map(curves),
    ...(report.resume === undefined ? [] : [`<p>Resume with <code>${escapeHtml(report.resume)}</code></p>`]),
  ];
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(`${report.pipeline} · ${report.run}`)}</title><style>${pageStyle}</style></head>`,
    `<body><main>${body.join('\n')}</main></body></html>`,
    '',
  ].join('\n');
}

function definitions(rows: readonly (readonly [string, string])[]): string {
  return `<dl>${rows.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>`;
}

function tableMarkup({ title, columns, rows, notes }: ResultTable): string {
  const cell = (tag: 'th' | 'td', text: string, column: number): string =>
    `<${tag}${columns[column]?.align === 'right' ? ' class="right"' : ''}>${escapeHtml(text)}</${tag}>`;
  const head = columns.map(({ name }, column) => cell('th', name, column)).join('');
  const body = rows
    .map((row) => `<tr>${row.map((text, column) => cell('td', text, column)).join('')}</tr>`)
    .join('');
  return [
    title === '' ? '' : `<h2>${escapeHtml(title)}</h2>`,
    `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`,
    ...notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
  ].join('');
}

function gates(stage: ReportedStage): readonly string[] {
  return stage.gates.map(
    ({ met, condition, explanation }) =>
      `<div class="gate ${met ? 'met' : 'unmet'}"><b>${met ? 'Gate met' : 'Gate not met'}</b> <code>${escapeHtml(condition)}</code><p>${escapeHtml(explanation)}</p></div>`,
  );
}

function failure({ name, failure: found }: ReportedStage): string {
  if (found === undefined) return '';
  const where = found.place === undefined ? '' : ` <code>${escapeHtml(found.place)}</code>`;
  const sentences = [found.cause, found.remedy ?? '']
    .filter((text) => text !== '')
    .map((text) => `<p>${escapeHtml(text)}</p>`);
  const last = found.lastLines.length === 0 ? '' : `<pre>${escapeHtml(found.lastLines.join('\n'))}</pre>`;
  return `<div class="failure failed"><b>${escapeHtml(name)} failed</b>${where}${sentences.join('')}${last}</div>`;
}

/** Metrics of one quantity share a chart: all losses, all accuracies. */
function curves(stage: ReportedStage): string {
  const groups = new Map<string, MetricCurve[]>();
  for (const curve of stage.curves) {
    const quantity = curve.name.split('.').at(-1) ?? curve.name;
    groups.set(quantity, [...(groups.get(quantity) ?? []), curve]);
  }
  const charts = [...groups.values()].map(lineChart).filter((chart) => chart !== '');
  if (charts.length === 0) return '';
  return `<h2>Metrics of ${escapeHtml(stage.name)}</h2><div class="charts">${charts.join('')}</div>`;
}
