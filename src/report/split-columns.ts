/** What side by side takes: the width of each column, the space between two, and how much there is. */
export interface ColumnRoom {
  readonly widths: readonly number[];
  readonly gap: number;
  readonly width: number;
}

/**
 * The numbers of the columns for each of several tables, which all begin with the first column: as few tables as
 * possible, and of those the narrowest, so that what belongs together is not torn apart for the sake of a full line.
 * Undefined where some column does not fit beside the first.
 */
export function splitColumns(room: ColumnRoom): readonly (readonly number[])[] | undefined {
  const [first = 0, ...others] = room.widths;
  const least = Math.max(first, ...others.map((width) => first + room.gap + width));
  if (least > room.width) return undefined;
  const fewest = filled(room).length;
  for (let width = least; width < room.width; width += 1) {
    const parts = filled({ ...room, width });
    if (parts.length === fewest) return parts;
  }
  return filled(room);
}

/** Each table takes as many columns as it has room for. */
function filled({ widths, gap, width }: ColumnRoom): readonly (readonly number[])[] {
  const parts: number[][] = [];
  let taken = Infinity;
  widths.forEach((own, column) => {
    if (column === 0) return;
    if (taken + gap + own > width) {
      parts.push([0]);
      taken = widths[0] ?? 0;
    }
    parts.at(-1)?.push(column);
    taken += gap + own;
  });
  return parts.length === 0 ? [[0]] : parts;
}
