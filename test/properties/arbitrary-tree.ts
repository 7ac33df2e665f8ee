import fc from 'fast-check';
import { writeString } from '../../src/language/string-literal.js';

/** How a tree is written: nothing of it may matter. */
export interface Spacing {
  readonly between: string;
  readonly newline: string;
}

/** A value as the parser gives it, without places, and as an author may write it. */
interface Written {
  readonly tree: Readonly<Record<string, unknown>>;
  readonly text: (space: Spacing) => string;
}

const name = fc
  .stringMatching(/^[a-z_][a-z0-9_]{0,6}$/)
  .filter(
    (word) => !['hpl', 'use', 'pipeline', 'param', 'and', 'or', 'not', 'for', 'true', 'false'].includes(word),
  );
const nameTree = (text: string): object => ({ kind: 'name', text });

const number: fc.Arbitrary<Written> = fc
  .tuple(
    fc.constantFrom('0', '7', '0.05', '1e-2', '2.5E3', '16'),
    fc.option(fc.constantFrom('tokens', '%', 'min', 'se'), { nil: undefined }),
  )
  .map(([digits, unit]) => ({
    tree: { kind: 'number', value: Number(digits), ...(unit === undefined ? {} : { unit: nameTree(unit) }) },
    text: ({ between }) => (unit === undefined ? digits : `${digits}${between}${unit}`),
  }));

const string: fc.Arbitrary<Written> = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .filter((text) => !/[\r]/.test(text))
  .map((value) => ({ tree: { kind: 'string', value }, text: () => writeString(value) }));

const boolean: fc.Arbitrary<Written> = fc
  .boolean()
  .map((value) => ({ tree: { kind: 'boolean', value }, text: () => String(value) }));

const word: fc.Arbitrary<Written> = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => ({
  tree: { kind: 'word', text: parts.join('.') },
  text: () => parts.join('.'),
}));

const leaf: fc.Arbitrary<Written> = fc.oneof(number, string, boolean, word);

const settings = (value: fc.Arbitrary<Written>): fc.Arbitrary<readonly (readonly [string, Written])[]> =>
  fc.array(fc.tuple(name, value), { maxLength: 3 });

function bodyTree(entries: readonly (readonly [string, Written])[]): object {
  const items = entries.map(([key, { tree }]) => ({ kind: 'setting', key: nameTree(key), value: tree }));
  return { kind: 'body', items, isDamaged: false };
}

function bodyText(entries: readonly (readonly [string, Written])[], space: Spacing): string {
  const { between, newline } = space;
  const lines = entries.map(([key, value]) => `${key}${between}=${between}${value.text(space)}${newline}`);
  return `{${newline}${lines.join('')}}`;
}

const operators = ['and', 'or', '<', '<=', '==', '+', '-', '*', '/'] as const;
const { value } = fc.letrec<{ value: Written }>((tie) => {
  const inner = tie('value');
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(inner, { maxLength: 3 }).map((elements) => ({
        tree: { kind: 'list', elements: elements.map(({ tree }) => tree) },
        text: (space: Spacing) =>
          `[${elements.map((element) => element.text(space)).join(`,${space.newline}`)}]`,
      })),
      fc.tuple(name, settings(inner)).map(([component, entries]) => ({
        tree: { kind: 'component', name: nameTree(component), body: bodyTree(entries) },
        text: (space: Spacing) => `${component}${space.between}${bodyText(entries, space)}`,
      })),
      fc.tuple(name, fc.array(inner, { maxLength: 2 })).map(([called, values]) => ({
        tree: { kind: 'function', name: nameTree(called), arguments: values.map(({ tree }) => tree) },
        text: (space: Spacing) => `${called}(${values.map((argument) => argument.text(space)).join(', ')})`,
      })),
      fc.array(leaf, { minLength: 2, maxLength: 4 }).map((steps) => ({
        tree: { kind: 'schedule', steps: steps.map(({ tree }) => tree) },
        text: (space: Spacing) =>
          `(${steps.map((step) => step.text(space)).join(`${space.between}->${space.between}`)})`,
      })),
      fc.tuple(fc.constantFrom(...operators), inner, inner).map(([operator, left, right]) => ({
        tree: { kind: 'operation', operator, left: left.tree, right: right.tree },
        text: (space: Spacing) =>
          `((${left.text(space)})${space.between}${operator}${space.newline}(${right.text(space)}))`,
      })),
      inner.map((operand) => ({
        tree: { kind: 'negation', operator: 'not', operand: operand.tree },
        text: (space: Spacing) => `not${space.between}(${operand.text(space)})`,
      })),
      fc.tuple(inner, number).map(([operand, duration]) => ({
        tree: { kind: 'held', operand: operand.tree, duration: duration.tree },
        text: (space: Spacing) =>
          `(${operand.text(space)})${space.between}for${space.between}${duration.text(space)}`,
      })),
    ),
  };
});

/** Blocks of a pipeline: kind, name, settings. */
type Items = readonly (readonly [string, string, readonly (readonly [string, Written])[]])[];

export const arbitraryItems: fc.Arbitrary<Items> = fc.array(fc.tuple(name, name, settings(value)), {
  maxLength: 4,
});

/** What the parser must give for these items. */
export function treeOf(items: Items): unknown {
  const blocks = items.map(([type, named, entries]) => ({
    kind: 'block',
    type: nameTree(type),
    body: bodyTree(entries),
    name: nameTree(named),
  }));
  const body = { kind: 'body', items: blocks, isDamaged: false };
  const whole = {
    kind: 'file',
    items: [
      { kind: 'version', text: '1' },
      { kind: 'pipeline', name: nameTree('test'), body },
    ],
  };
  return whole;
}

/** The items as a file, written in one of many ways. */
export function fileText(items: Items, space: Spacing): string {
  const { between, newline } = space;
  const blocks = items.map(
    ([type, named, entries]) => `${type}${between}${named}${between}${bodyText(entries, space)}${newline}`,
  );
  return `hpl${between}1${newline}pipeline test${between}{${newline}${blocks.join('')}}${newline}`;
}
