import { formatNumber } from '../../base/format-quantity.js';
import type { MetricCurve } from '../report.js';
import { escapeHtml, px } from './markup.js';
import { linearScale, type Scale } from './scale.js';

const width = 560;
const height = 220;
const plot = { left: 56, right: width - 12, top: 12, bottom: height - 28 };
/** Colours are classes of the page's style, so that they follow light and dark. */
const hues = 6;
const mostPoints = 600;

/** Metric curves over the step as one SVG with a legend; nothing where no curve has two finite values. */
export function lineChart(curves: readonly MetricCurve[]): string {
  const drawn = curves
    .map((curve) => ({ name: curve.name, points: finitePoints(curve) }))
    .filter(({ points }) => points.length > 1);
  if (drawn.length === 0) return '';
  const all = drawn.flatMap(({ points }) => points);
  const x = linearScale(
    all.map(([step]) => step),
    plot.left,
    plot.right,
  );
  const y = linearScale(
    all.map(([, value]) => value),
    plot.bottom,
    plot.top,
  );
  const lines = drawn.map(({ points }, index) => path(points, x, y, index));
  const names = drawn.map(({ name }) => name).join(', ');
  return [
    `<figure><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(names)} by step">`,
    axes(x, y),
    ...lines,
    '</svg>',
    `<figcaption>${drawn.map(({ name, points }, index) => legend(name, points, index)).join('')}</figcaption></figure>`,
  ].join('');
}

type Point = readonly [step: number, value: number];

function finitePoints({ steps, values }: MetricCurve): readonly Point[] {
  const points = values.flatMap((value, index): readonly Point[] =>
    typeof value === 'number' && Number.isFinite(value) ? [[steps[index] ?? index, value]] : [],
  );
  return points.length <= mostPoints ? points : extremes(points);
}

/** The lowest and the highest point of each equal part, so that no spike is lost. */
function extremes(points: readonly Point[]): readonly Point[] {
  const parts = mostPoints / 2;
  return Array.from({ length: parts }, (_, index) => {
    const part = points.slice(
      Math.floor((index * points.length) / parts),
      Math.floor(((index + 1) * points.length) / parts),
    );
    const sorted = [...part].sort((a, b) => a[1] - b[1]);
    const ends = [sorted[0], sorted.at(-1)].filter((point) => point !== undefined);
    return ends.sort((a, b) => a[0] - b[0]);
  }).flat();
}

function path(points: readonly Point[], x: Scale, y: Scale, index: number): string {
  const data = points
    .map(([step, value], at) => `${at === 0 ? 'M' : 'L'}${px(x.at(step))} ${px(y.at(value))}`)
    .join('');
  return `<path class="line hue${index % hues}" d="${data}"/>`;
}

function axes(x: Scale, y: Scale): string {
  const rows = y.ticks.map(
    (tick) =>
      `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${px(y.at(tick))}" y2="${px(y.at(tick))}"/>` +
      `<text x="${plot.left - 6}" y="${px(y.at(tick) + 3.5)}" text-anchor="end">${formatNumber(round(tick))}</text>`,
  );
  const columns = x.ticks.map(
    (tick) =>
      `<text x="${px(x.at(tick))}" y="${height - 8}" text-anchor="middle">${formatNumber(round(tick))}</text>`,
  );
  return [...rows, ...columns].join('');
}

function legend(name: string, points: readonly Point[], index: number): string {
  const last = formatNumber(points.at(-1)?.[1] ?? '');
  return `<span><i class="hue${index % hues}"></i>${escapeHtml(name)} <b>${last}</b></span>`;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
