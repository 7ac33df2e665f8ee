import { logsCommand } from './logs-command.js';
import type { Palette } from './palette.js';
import { eventFile, type RunState } from './run-state.js';
import type { StageState } from './stage-state.js';
import { pad, wrapText } from './text-width.js';

const nameWidth = 9;

/**
 * All that someone needs who finds a failed run: which stage, why, where in the file, its last words, the path of the
 * whole log, and the command that goes on. Empty when nothing failed.
 */
export function failureView(state: RunState, width: number, palette: Palette): readonly string[] {
  const failed = [...state.stages.values()].filter((stage) => stage.status === 'failed');
  if (failed.length === 0) return [];
  return [
    ...failed.flatMap((stage) => [...stageFailure(stage, width, palette), '']),
    ...nextSteps(state, failed, palette),
  ];
}

function stageFailure(stage: StageState, width: number, palette: Palette): readonly string[] {
  const failure = stage.failure;
  if (failure === undefined) return [];
  const where = failure.file === undefined ? '' : place(failure.file, failure.line);
  const title = `${palette.red('✖')} ${palette.bold(stage.name)} failed`;
  return [
    where === '' ? title : `${title}  ${palette.dim(where)}`,
    ...entry('cause', failure.cause, width, palette),
    ...(failure.remedy === undefined ? [] : entry('remedy', failure.remedy, width, palette)),
    ...lastWords(failure.lastLines, palette),
  ];
}

function lastWords(lines: readonly string[], palette: Palette): readonly string[] {
  if (lines.length === 0) return [];
  return [
    `  ${palette.dim('its last lines:')}`,
    ...lines.map((line) => `  ${palette.dim('│')} ${line}`.trimEnd()),
  ];
}

function nextSteps(state: RunState, failed: readonly StageState[], palette: Palette): readonly string[] {
  const { header, end } = state;
  if (header === undefined) return [];
  const stage = failed[0]?.name ?? '';
  const row = (name: string, text: string): string => `  ${palette.dim(pad(name, nameWidth))}${text}`;
  return [
    row('log', eventFile(header)),
    row('', logsCommand(header, stage)),
    ...(end?.resume === undefined ? [] : [row('resume', palette.cyan(end.resume))]),
  ];
}

function entry(name: string, text: string, width: number, palette: Palette): readonly string[] {
  return wrapText(text, Math.max(20, width - nameWidth - 2)).map(
    (line, index) => `  ${palette.dim(pad(index === 0 ? name : '', nameWidth))}${line}`,
  );
}

function place(file: string, line: number | undefined): string {
  return line === undefined ? file : `${file}:${line}`;
}
