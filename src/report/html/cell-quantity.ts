/** A number that a table's cell says, with the interval that it gives. */
export interface CellQuantity {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

const number = String.raw`[-−+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?`;
const withError = new RegExp(`^×?(${number})\\s*±\\s*(${number})`);
const withInterval = new RegExp(`^×?(${number})\\s*\\[\\s*(${number})\\s*,\\s*(${number})\\s*\\]`);
const alone = new RegExp(`^×?(${number})\\s*%?$`);

/** Reads `0.921 ± 0.009`, `−0.07 [−0.09, −0.05]`, `×1.2 [1.1, 1.3]`, `96 %` or `7.42`; undefined for other text. */
export function readCellQuantity(cell: string): CellQuantity | undefined {
  const error = withError.exec(cell);
  if (error !== null) {
    const [value, size] = [read(error[1]), read(error[2])];
    return { value, low: value - size, high: value + size };
  }
  const interval = withInterval.exec(cell);
  if (interval !== null) return { value: read(interval[1]), low: read(interval[2]), high: read(interval[3]) };
  const plain = alone.exec(cell);
  return plain === null ? undefined : { value: read(plain[1]) };
}

function read(text = ''): number {
  // Intervals separate by ", " and thousands by "," alone.
  return Number(text.replace('−', '-').replaceAll(',', ''));
}
