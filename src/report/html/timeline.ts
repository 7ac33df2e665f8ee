import { formatDuration } from '../../base/format-quantity.js';
import type { Report } from '../report.js';
import { escapeHtml, px } from './markup.js';
import { linearScale } from './scale.js';

const width = 760;
const rowHeight = 24;
const left = 150;
const right = width - 90;

/** When each stage ran, as one SVG; stages without a worker are marks at the left. */
export function timeline(report: Report): string {
  const ends = report.stages.map(({ startedAfter = 0, seconds = 0 }) => startedAfter + seconds);
  const scale = linearScale([0, Math.max(0.1, report.seconds, ...ends)], left, right);
  const height = report.stages.length * rowHeight + 26;
  const ticks = scale.ticks.map(
    (tick) =>
      `<line class="grid" x1="${px(scale.at(tick))}" x2="${px(scale.at(tick))}" y1="0" y2="${height - 20}"/>` +
      `<text x="${px(scale.at(tick))}" y="${height - 6}" text-anchor="middle">${formatDuration(tick)}</text>`,
  );
  const rows = report.stages.map((stage, index) => {
    const y = index * rowHeight;
    const from = scale.at(stage.startedAfter ?? 0);
    const wide = Math.max(3, scale.at((stage.startedAfter ?? 0) + (stage.seconds ?? 0)) - from);
    const words = stage.seconds === undefined ? stage.status : formatDuration(stage.seconds);
    return (
      `<text class="name" x="${left - 10}" y="${y + 16}" text-anchor="end">${escapeHtml(stage.name)}</text>` +
      `<rect class="bar ${stage.status}" x="${px(from)}" y="${y + 5}" width="${px(wide)}" height="14" rx="3"/>` +
      `<text x="${px(from + wide + 6)}" y="${y + 16}">${words}</text>`
    );
  });
  return `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="When each stage ran">${ticks.join('')}${rows.join('')}</svg></figure>`;
}
