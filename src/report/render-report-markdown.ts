import { aboutRows, stageTable } from './report-words.js';
import type { Report, ReportedStage } from './report.js';
import type { ResultTable } from './result-table.js';
import { displayWidth, pad } from './text-width.js';

/** A report as GitHub Markdown. */
export function renderReportMarkdown(report: Report): string {
  const about = aboutRows(report).map(([name, value]) => `- ${name}: ${code(value)}`);
  const sections: readonly string[] = [
    `# ${escaped(report.pipeline)}`,
    about.join('\n'),
    ...tableSections(stageTable(report)),
    ...report.stages.flatMap((stage) => stage.tables.flatMap(tableSections)),
    ...report.stages.flatMap(gateSections),
    ...report.stages.flatMap(failureSections),
    ...(report.resume === undefined ? [] : [`Resume with ${code(report.resume)}.`]),
  ];
  return `${sections.join('\n\n')}\n`;
}

function tableSections(table: ResultTable): readonly string[] {
  return [
    ...(table.title === '' ? [] : [`## ${escaped(table.title)}`]),
    grid(table),
    ...table.notes.map(escaped),
  ];
}

function grid({ columns, rows }: ResultTable): string {
  const head = columns.map(({ name }) => cell(name));
  const body = rows.map((row) => columns.map((_, index) => cell(row[index] ?? '')));
  const widths = columns.map((_, index) =>
    Math.max(3, ...[head, ...body].map((row) => displayWidth(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, index) => pad(text, widths[index] ?? 3, columns[index]?.align)).join(' | ')} |`;
  const rule = columns.map(({ align }, index) => {
    const dashes = '-'.repeat((widths[index] ?? 3) - 1);
    return align === 'right' ? `${dashes}:` : `${dashes}-`;
  });
  return [line(head), `| ${rule.join(' | ')} |`, ...body.map(line)].join('\n');
}

function gateSections(stage: ReportedStage): readonly string[] {
  return stage.gates.map(({ met, condition, explanation }) => {
    const verdict = met ? '✔ **Gate met**' : '✖ **Gate not met**';
    return `${verdict}: ${code(condition)}\n\n${escaped(explanation)}`.trimEnd();
  });
}

function failureSections({ name, failure }: ReportedStage): readonly string[] {
  if (failure === undefined) return [];
  const where = failure.place === undefined ? '' : ` (${code(failure.place)})`;
  return [
    `## ${escaped(name)} failed${where}`,
    escaped(failure.cause),
    ...(failure.remedy === undefined ? [] : [escaped(failure.remedy)]),
    ...(failure.lastLines.length === 0 ? [] : [`\`\`\`\n${failure.lastLines.join('\n')}\n\`\`\``]),
  ];
}

function cell(text: string): string {
  return escaped(text).replace(/\n/g, ' ');
}

function escaped(text: string): string {
  return text.replace(/[\\`*_<>|[\]]/g, '\\$&');
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}
