import { formatNumber } from '../base/format-quantity.js';
import type { Palette } from './palette.js';
import { renderTable } from './render-table.js';
import { aboutRows, stageTable } from './report-words.js';
import type { Report, ReportedStage } from './report.js';
import { gateLines } from './run-words.js';
import { sparkline } from './sparkline.js';
import { displayWidth, pad, wrapText } from './text-width.js';

const longestSparkline = 32;

/** A report for the terminal. */
export function renderReportText(report: Report, width: number, palette: Palette): string {
  const about = aboutRows(report).map(([name, value]) => `  ${palette.dim(pad(name, 8))} ${value}`);
  const sections: readonly (readonly string[])[] = [
    [palette.bold(report.pipeline), ...about],
    renderTable(stageTable(report), width, palette),
    ...report.stages.map((stage) => curveLines(stage, width, palette)),
    ...report.stages.flatMap((stage) => stage.tables.map((table) => renderTable(table, width, palette))),
    ...report.stages.flatMap((stage) =>
      stage.gates.map((gate) =>
        gateLines({ ...gate, type: 'stage.gate', stage: stage.name }, width, palette),
      ),
    ),
    ...report.stages.map((stage) => failureLines(stage, width, palette)),
    report.resume === undefined ? [] : [`resume with: ${palette.cyan(report.resume)}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function curveLines(stage: ReportedStage, width: number, palette: Palette): readonly string[] {
  const curves = stage.curves.filter(({ values }) => values.length >= 3);
  if (curves.length === 0) return [];
  const nameWidth = Math.max(...curves.map(({ name }) => displayWidth(name)));
  const room = Math.max(8, Math.min(longestSparkline, width - nameWidth - 30));
  return [
    palette.bold(`Metrics of "${stage.name}"`),
    ...curves.map(({ name, values }) => {
      const numbers = values.filter((value) => typeof value === 'number');
      const ends = `${formatNumber(values[0] ?? '')} → ${formatNumber(values.at(-1) ?? '')}`;
      return `  ${pad(name, nameWidth)}  ${palette.cyan(pad(sparkline(numbers, room), room))}  ${ends}`;
    }),
  ];
}

function failureLines(stage: ReportedStage, width: number, palette: Palette): readonly string[] {
  const { failure } = stage;
  if (failure === undefined) return [];
  const remedy = failure.remedy === undefined ? [] : wrapText(failure.remedy, width - 2);
  return [
    `${palette.red('✖')} ${palette.bold(stage.name)} failed${failure.place === undefined ? '' : `  ${palette.dim(failure.place)}`}`,
    ...[...wrapText(failure.cause, width - 2), ...remedy].map((line) => `  ${line}`),
    ...failure.lastLines.map((line) => `  ${palette.dim('│')} ${line}`),
  ];
}
