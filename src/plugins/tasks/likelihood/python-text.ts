/** What Python's `str` methods do where JavaScript's differ: lm-evaluation-harness is written with them. */

/** Python's white space: has U+001C to U+001F and U+0085, which JavaScript's lacks, and not U+FEFF. */
function isWhiteSpace(character: string): boolean {
  const code = character.codePointAt(0) ?? -1;
  if (code === 0xfeff) return false;
  return code === 0x85 || (code >= 0x1c && code <= 0x1f) || /^\s$/.test(character);
}

/** `str.strip()`. */
export function strip(text: string): string {
  let start = 0;
  while (start < text.length && isWhiteSpace(text.charAt(start))) start += 1;
  return stripEnd(text.slice(start));
}

/** `str.rstrip()`. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isWhiteSpace(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** `str.capitalize()`: the first character as in titles, all others lower case. */
export function capitalize(text: string): string {
  const [first] = text;
  if (first === undefined) return text;
  // The whole text is lowered, since a final sigma looks back.
  return titleCase(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

/** `len(re.split(r"\s+", text))`: white space at either end adds an empty word. */
export function countWords(text: string): number {
  let words = 1;
  let inSpace = false;
  for (const character of text) {
    const space = isWhiteSpace(character);
    if (space && !inSpace) words += 1;
    inSpace = space;
  }
  return words;
}

/** Unicode code points, as `len` counts them. */
export function codePoints(text: string): number {
  return Array.from(text).length;
}

/** Two letters in one character have a form of their own for the start of a word. */
const titleOfUpper: Readonly<Record<string, string>> = { Ǆ: 'ǅ', Ǉ: 'ǈ', Ǌ: 'ǋ', Ǳ: 'ǲ' };

function titleCase(character: string): string {
  const upper = character.toUpperCase();
  const special = titleOfUpper[upper];
  if (special !== undefined) return special;
  // Georgian letters have capitals, but not at the start of a word; and this one brings its own apostrophe.
  if (/^[\u10d0-\u10ff]$/u.test(character)) return character;
  if (character === '\u0149') return upper;
  if (upper.length > 1 && upper.endsWith('\u0399')) return withIotaBelow(upper);
  const [first = ''] = upper;
  return first + upper.slice(first.length).toLowerCase();
}

/** Greek iota stands below a capital at the start of a word, not beside it: in one character, where there is one. */
function withIotaBelow(upper: string): string {
  const below = `${upper.slice(0, -1)}\u0345`;
  return below.length === 2 ? below.normalize('NFC') : below;
}
