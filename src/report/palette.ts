type Paint = (text: string) => string;

/** How text is made to stand out. A report without colour uses `plainPalette`; escape codes are the caller's choice. */
export interface Palette {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const unchanged: Paint = (text) => text;

/** Leaves every text as it is. */
export const plainPalette: Palette = {
  bold: unchanged,
  dim: unchanged,
  red: unchanged,
  green: unchanged,
  yellow: unchanged,
  cyan: unchanged,
};
