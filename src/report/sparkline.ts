const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** The last values as one character each, from the lowest of them to the highest. Nothing for fewer than three values. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = shrink(values.filter(Number.isFinite), width);
  if (shown.length < 3) return '';
  const low = Math.min(...shown);
  const range = Math.max(...shown) - low;
  return shown
    .map((value) => levels[range === 0 ? 3 : Math.round(((value - low) / range) * (levels.length - 1))] ?? '')
    .join('');
}

/** At most `width` values, each the mean of an equal part of the given ones. */
function shrink(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, index) => {
    const part = values.slice(
      Math.floor((index * values.length) / width),
      Math.floor(((index + 1) * values.length) / width),
    );
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
