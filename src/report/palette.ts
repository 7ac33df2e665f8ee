/** How text is made to stand out. A report without colour uses `plainPalette`; escape codes are the caller's choice. */
export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const unchanged = (text: string): string => text;

/** Leaves every text as it is. */
export const plainPalette: Palette = {
  bold: unchanged,
  dim: unchanged,
  red: unchanged,
  green: unchanged,
  yellow: unchanged,
  cyan: unchanged,
};
