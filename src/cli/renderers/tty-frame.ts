import { formatDuration } from '../../base/format-quantity.js';
import type { Palette } from '../../report/palette.js';
import type { RunState } from '../../report/run-state.js';
import type { StageState, StageStatus } from '../../report/stage-state.js';
import { displayWidth, truncate } from '../../report/text-width.js';
import { stageRow } from './stage-row.js';

/** What a frame is drawn for: the moment, and the columns and lines of the terminal. */
export interface FrameSpace {
  readonly now: number;
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
}

/** Lines kept free for the footer, what it is set apart by, and the cursor. */
const reservedLines = 4;

/** The living part of the screen: a row a stage, as many as there is room for, and how the run stands. Pure. */
export function liveFrame(state: RunState, space: FrameSpace): readonly string[] {
  const stages = [...state.stages.values()];
  const room = Math.max(1, space.height - reservedLines);
  const shown = stages.length <= room ? stages : mostTelling(stages, Math.max(1, room - 1));
  const hidden = stages.filter((stage) => !shown.includes(stage));
  const rest = hidden.length === 0 ? [] : [space.palette.dim(truncate(restText(hidden), columns(space)))];
  return [...rows(shown, stages, space), ...rest, '', footer(state, stages, space)];
}

/** Every stage's row, as it stays on the screen when the run is over. Pure. */
export function finalFrame(state: RunState, space: FrameSpace): readonly string[] {
  const stages = [...state.stages.values()];
  return rows(stages, stages, space);
}

function rows(
  shown: readonly StageState[],
  all: readonly StageState[],
  space: FrameSpace,
): readonly string[] {
  const nameWidth = Math.max(0, ...all.map((stage) => displayWidth(stage.name)));
  return shown.map((stage) => stageRow(stage, { ...space, width: columns(space), nameWidth }));
}

// A character in the last column makes some terminals begin a new line.
function columns(space: FrameSpace): number {
  return Math.max(1, space.width - 1);
}

function footer(
  state: RunState,
  stages: readonly StageState[],
  { now, palette, ...space }: FrameSpace,
): string {
  const elapsed = formatDuration((now - (state.startedAt ?? now)) / 1000);
  const over = stages.filter((stage) => stage.status !== 'waiting' && stage.status !== 'running').length;
  const text = `  ${elapsed} · ${over} of ${stages.length} stages finished`;
  const hint = ' · Ctrl-C stops after this step';
  const width = columns({ now, palette, ...space });
  return palette.dim(truncate(displayWidth(text + hint) <= width ? text + hint : text, width));
}

const telling: readonly StageStatus[] = [
  'failed',
  'running',
  'interrupted',
  'done',
  'waiting',
  'skipped',
  'cached',
];

function mostTelling(stages: readonly StageState[], count: number): readonly StageState[] {
  // The latest of what is over, the next of what is to come.
  const recency = (stage: StageState): number =>
    stage.status === 'waiting' ? stages.indexOf(stage) : -(stage.endedAt ?? 0);
  const chosen = [...stages]
    .sort((a, b) => telling.indexOf(a.status) - telling.indexOf(b.status) || recency(a) - recency(b))
    .slice(0, count);
  return stages.filter((stage) => chosen.includes(stage));
}

const restWords: Readonly<Record<StageStatus, string>> = {
  failed: 'failed',
  running: 'running',
  interrupted: 'stopped',
  done: 'done',
  cached: 'cached',
  waiting: 'waiting',
  skipped: 'skipped',
};

function restText(hidden: readonly StageState[]): string {
  const parts = telling.flatMap((status) => {
    const count = hidden.filter((stage) => stage.status === status).length;
    return count === 0 ? [] : [`${count} ${restWords[status]}`];
  });
  return `  … and ${hidden.length} more: ${parts.join(', ')}`;
}
