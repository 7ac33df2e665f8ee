/** Maps values to pixels along one axis, with round numbers to label. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A linear scale over the values, widened to round numbers; `from` and `to` are pixels. */
export function linearScale(values: readonly number[], from: number, to: number, count = 4): Scale {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const step = roundStep(high === low ? Math.abs(high) || 1 : (high - low) / count);
  const first = Math.floor(low / step) * step;
  const last = Math.max(Math.ceil(high / step) * step, first + step);
  const ticks = Array.from(
    { length: Math.round((last - first) / step) + 1 },
    (_, index) => first + index * step,
  );
  return { at: (value) => from + ((value - first) / (last - first)) * (to - from), ticks };
}

/** 1, 2 or 5 times a power of ten, at least as large as the step. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= step * 0.999) ?? 10;
  return factor * power;
}
