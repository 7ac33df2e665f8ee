/** An escape that the language does not have, by its offset inside the literal. */
export interface UnknownEscape {
  readonly offset: number;
  readonly text: string;
}

const escapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['n', '\n'],
  ['t', '\t'],
]);

/** The text of a string literal, and the escapes in it that mean nothing. Accepts unterminated and single-quoted ones. */
export function readString(literal: string): {
  readonly value: string;
  readonly unknown: readonly UnknownEscape[];
} {
  const quote = literal.charAt(0);
  const isClosed = literal.length > 1 && literal.endsWith(quote);
  const inside = literal.slice(1, isClosed ? -1 : undefined);
  if (quote === "'") return { value: inside, unknown: [] };
  const unknown: UnknownEscape[] = [];
  const value = inside.replaceAll(
    /\\(u\{([0-9a-fA-F]{1,6})\}|[^])/g,
    (text, letter: string, code, offset) => {
      const character = typeof code === 'string' ? fromCodePoint(code) : escapes.get(letter);
      if (character === undefined) unknown.push({ offset: Number(offset) + 1, text });
      return character ?? letter;
    },
  );
  return { value, unknown };
}

function fromCodePoint(hexadecimal: string): string | undefined {
  const code = Number.parseInt(hexadecimal, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** Writes a text as a literal that reads back as the same text. */
export function writeString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\u{d}');
  return `"${escaped}"`;
}
