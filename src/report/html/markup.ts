/** Text made safe for HTML and SVG, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A number of pixels, short. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
