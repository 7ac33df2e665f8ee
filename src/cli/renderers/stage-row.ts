import { formatDuration, formatRate } from '../../base/format-quantity.js';
import type { Palette } from '../../report/palette.js';
import { metricText } from '../../report/run-words.js';
import { sparkline } from '../../report/sparkline.js';
import { keyMetric, type StageState, type StageStatus } from '../../report/stage-state.js';
import { displayWidth, pad, truncate } from '../../report/text-width.js';
import { savedText } from './saved-text.js';

/** What a row is drawn with: the moment, the columns that it may take, and those of the longest name. */
export interface RowSpace {
  readonly now: number;
  readonly width: number;
  readonly nameWidth: number;
  readonly palette: Palette;
}

/** One stage as one line that is never wider than asked for; what matters least is left out first. */
export function stageRow(stage: StageState, space: RowSpace): string {
  const { width, palette } = space;
  const nameWidth = Math.min(space.nameWidth, Math.max(6, Math.floor(width / 3)));
  const { glyph, word, paint } = looks(palette)[stage.status];
  const head = `  ${paint(glyph)} ${palette.bold(pad(truncate(stage.name, nameWidth), nameWidth))}`;
  const headWidth = 4 + nameWidth;
  const wordWidth = headWidth + 2 + statusWidth <= width ? statusWidth : 0;
  const status = wordWidth === 0 ? '' : `  ${paint(word)}${' '.repeat(statusWidth - word.length)}`;
  const room = width - headWidth - (wordWidth === 0 ? 0 : 2 + wordWidth);
  return `${head}${status}${joined(segments(stage, space, room - 2), room)}`.trimEnd();
}

interface Segment {
  readonly text: string;
  /** Lower stays longer. */
  readonly rank: number;
  readonly paint?: (text: string) => string;
}

const statusWidth = 7;
const barWidth = 14;

interface Look {
  readonly glyph: string;
  readonly word: string;
  readonly paint: (text: string) => string;
}

function looks(palette: Palette): Readonly<Record<StageStatus, Look>> {
  const { dim, cyan, green, yellow, red } = palette;
  return {
    waiting: { glyph: '·', word: 'waiting', paint: dim },
    running: { glyph: '●', word: 'running', paint: cyan },
    done: { glyph: '✔', word: 'done', paint: green },
    cached: { glyph: '✔', word: 'cached', paint: dim },
    failed: { glyph: '✖', word: 'failed', paint: red },
    interrupted: { glyph: '‖', word: 'stopped', paint: yellow },
    skipped: { glyph: '-', word: 'skipped', paint: dim },
  };
}

function segments(stage: StageState, space: RowSpace, room: number): readonly Segment[] {
  switch (stage.status) {
    case 'running':
      return runningSegments(stage, space);
    case 'done':
      return [
        { text: formatDuration(stage.seconds ?? 0), rank: 0 },
        ...gateSegments(stage, space),
        ...metricSegments(stage, space),
      ];
    case 'cached':
      return gateSegments(stage, space);
    default:
      return [sentenceSegment(stage, space, room)];
  }
}

function sentenceSegment(stage: StageState, { palette }: RowSpace, room: number): Segment {
  const segment = { text: truncate(sentence(stage), room), rank: 0 };
  return stage.status === 'failed' ? segment : { ...segment, paint: palette.dim };
}

/** What there is to say of a stage that computes nothing now. */
function sentence(stage: StageState): string {
  if (stage.failure !== undefined) return stage.failure.cause.split('\n')[0] ?? '';
  if (stage.status === 'interrupted') return savedText(stage.checkpoint ?? 0);
  if (stage.because !== undefined) return stage.because;
  const after = stage.plan?.after ?? [];
  return after.length === 0 ? '' : `after ${after.join(', ')}`;
}

function runningSegments(stage: StageState, space: RowSpace): readonly Segment[] {
  const { progress } = stage;
  const elapsed = formatDuration((space.now - (stage.startedAt ?? space.now)) / 1000);
  if (progress === undefined) return [{ text: elapsed, rank: 0 }, ...metricSegments(stage, space)];
  const { step, of, unit, perSecond, etaSeconds } = progress;
  const time: Segment =
    etaSeconds === undefined
      ? { text: elapsed, rank: 1 }
      : { text: `${formatDuration(etaSeconds)} left`, rank: 1 };
  return [
    { text: bar(of === 0 ? 0 : step / of), rank: 4, paint: space.palette.cyan },
    { text: `${pad(String(step), String(of).length, 'right')}/${of} ${unit}`, rank: 0 },
    ...(perSecond === undefined
      ? []
      : [{ text: formatRate(perSecond, unit).replace(` ${unit}`, ''), rank: 3 }]),
    time,
    ...metricSegments(stage, space),
  ];
}

function metricSegments(stage: StageState, { palette }: RowSpace): readonly Segment[] {
  const metric = keyMetric(stage);
  if (metric === undefined) return [];
  const spark = stage.status === 'running' ? sparkline(metric.trail, 12) : '';
  return [
    { text: metricText(metric), rank: 2 },
    ...(spark === '' ? [] : [{ text: spark, rank: 5, paint: palette.cyan }]),
  ];
}

function gateSegments(stage: StageState, { palette }: RowSpace): readonly Segment[] {
  if (stage.gates.length === 0) return [];
  const met = stage.gates.every((gate) => gate.met);
  return [
    met
      ? { text: 'gate met', rank: 1, paint: palette.green }
      : { text: 'gate not met', rank: 1, paint: palette.red },
  ];
}

function bar(part: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * barWidth);
  return '━'.repeat(full) + '─'.repeat(barWidth - full);
}

/** The segments that fit, those of low rank before the others, in their order, each after two spaces. */
function joined(all: readonly Segment[], room: number): string {
  let left = room;
  const kept = new Set<Segment>();
  for (const segment of [...all].sort((a, b) => a.rank - b.rank)) {
    const needed = displayWidth(segment.text) + 2;
    if (segment.text === '') continue;
    if (needed > left) break;
    left -= needed;
    kept.add(segment);
  }
  return all
    .filter((segment) => kept.has(segment))
    .map(({ text, paint }) => `  ${paint === undefined ? text : paint(text)}`)
    .join('');
}
