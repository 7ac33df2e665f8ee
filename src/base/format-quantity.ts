/** A duration for people: `0.3 s`, `46 s`, `1 min 12 s`, `2 h 05 min`. Takes seconds. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const positive = Math.max(0, seconds);
  if (positive < 9.95) return `${positive.toFixed(1)} s`;
  const whole = Math.round(positive);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A measured value in at most four significant digits: `0.8125`, `34.8`, `50430`, `1.2e-5`. */
export function formatNumber(value: number | string): string {
  if (typeof value === 'string') return value;
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e7 || magnitude < 1e-3) return trimmedExponent(value);
  if (magnitude >= 1000) return String(Math.round(value));
  return String(Number(value.toPrecision(4)));
}

/** A rate, such as `8.3 steps/s` or `12 steps/min` where it is slower than one in two seconds. */
export function formatRate(perSecond: number, unit: string): string {
  if (perSecond > 0 && perSecond < 0.5) return `${threeDigits(perSecond * 60)} ${unit}/min`;
  return `${threeDigits(perSecond)} ${unit}/s`;
}

/** A size in binary units: `912 B`, `1.4 GiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let index = 0;
  while (size >= 1024 && index < names.length - 1) {
    size /= 1024;
    index += 1;
  }
  return `${index === 0 ? size : threeDigits(size)} ${names[index] ?? 'B'}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function threeDigits(value: number): string {
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(2 + (value >= 10 ? 1 : 0))));
}

function trimmedExponent(value: number): string {
  return value
    .toExponential(2)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e');
}
