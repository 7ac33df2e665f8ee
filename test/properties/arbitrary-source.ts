import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';

/** Real files, those with mistakes included. */
const realFiles: readonly string[] = ['compiles', 'errors', 'format'].flatMap((folder) =>
  readdirSync(`test/cases/${folder}`)
    .filter((name) => name.endsWith('.hpl'))
    .map((name) => readFileSync(`test/cases/${folder}/${name}`, 'utf8')),
);

const words = [
  'hpl', '1', 'use', 'pipeline', 'param', 'and', 'or', 'not', 'for', 'true', 'model', 'teacher', 'data', 'transfer',
  'stop', 'validation.loss', 'epochs', '0.9', '1e-2', '5', '%', 'tokens', 'se', '"text"', '"open', "'x'", '\\', '{',
  '}', '[', ']', '(', ')', ',', '->', '..', '.', '<=', '==', '=', '+', '-', '*', '/', '\n', '\r\n', '\t', ' ', '# c\n',
  '//', '@', 'é', '\u0000', '💥', 'source', 'plateau', 'recall', 'branches', 'both', 'none', 'seed', 'matrix',
]; // prettier-ignore

/** Words of the language and some that are not, in any order. */
export const tokenSoup: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom(...words), fc.constantFrom('', ' ')), { maxLength: 80 })
  .map((parts) => parts.map(([word, space]) => word + space).join(''));

/** A real file with pieces removed, doubled, moved or replaced. */
export const mutatedFile: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...realFiles),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat({ max: 20 }),
        insert: fc.oneof(fc.constant(''), fc.constantFrom(...words), fc.string({ maxLength: 5 })),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((current, { at, length, insert }) => {
      const start = Math.floor(at * current.length);
      return current.slice(0, start) + insert + current.slice(start + length);
    }, text),
  );

export const anySource: fc.Arbitrary<string> = fc.oneof(tokenSoup, mutatedFile, fc.string({ maxLength: 60 }));
