import type { ResultTable } from '../result-table.js';
import { readCellQuantity, type CellQuantity } from './cell-quantity.js';
import { escapeHtml, px } from './markup.js';
import { linearScale } from './scale.js';

const width = 360;
const rowHeight = 26;
const left = 118;
const right = width - 16;

/** One chart a numeric column of a table: a bar a row, with its interval. Columns without numbers have none. */
export function barCharts(table: ResultTable): string {
  const charts = table.columns.flatMap(({ name }, column) => {
    const bars = table.rows.map((row) => ({
      name: row[0] ?? '',
      cell: row[column] ?? '',
      quantity: readCellQuantity(row[column] ?? ''),
    }));
    return column > 0 && bars.filter(({ quantity }) => quantity !== undefined).length > 1
      ? [barChart(name, bars)]
      : [];
  });
  return charts.length === 0 ? '' : `<div class="charts">${charts.join('')}</div>`;
}

interface Bar {
  readonly name: string;
  readonly cell: string;
  readonly quantity: CellQuantity | undefined;
}

function barChart(title: string, bars: readonly Bar[]): string {
  const known = bars.flatMap(({ quantity }) => (quantity === undefined ? [] : [quantity]));
  const scale = linearScale(
    [0, ...known.flatMap(({ value, low = value, high = value }) => [value, low, high])],
    left,
    right,
    3,
  );
  const rows = bars.map(({ name, cell, quantity }, index) => {
    const y = index * rowHeight;
    const label = `<text class="name" x="${left - 8}" y="${y + 17}" text-anchor="end">${escapeHtml(name)}</text>`;
    if (quantity === undefined)
      return `${label}<text x="${px(scale.at(0) + 6)}" y="${y + 17}">${escapeHtml(cell)}</text>`;
    const [zero, end] = [scale.at(0), scale.at(quantity.value)];
    return (
      label +
      `<rect class="bar value" x="${px(Math.min(zero, end))}" y="${y + 6}" width="${px(Math.max(1, Math.abs(end - zero)))}" height="14" rx="2">` +
      `<title>${escapeHtml(`${name}: ${cell}`)}</title></rect>${whisker(quantity, y + 13, scale.at)}`
    );
  });
  const height = bars.length * rowHeight + 4;
  return `<figure><figcaption>${escapeHtml(title)}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${rows.join('')}</svg></figure>`;
}

function whisker({ low, high }: CellQuantity, y: number, at: (value: number) => number): string {
  if (low === undefined || high === undefined) return '';
  const [from, to] = [px(at(low)), px(at(high))];
  return `<path class="whisker" d="M${from} ${y}H${to}M${from} ${y - 4}V${y + 4}M${to} ${y - 4}V${y + 4}"/>`;
}
