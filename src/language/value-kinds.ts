import type { Value } from './ast.js';

type Kind = 'number' | 'string' | 'boolean' | 'word' | 'list' | 'condition' | 'missing';

const kinds: Readonly<Record<Value['kind'], Kind>> = {
  number: 'number',
  schedule: 'number',
  string: 'string',
  boolean: 'boolean',
  word: 'word',
  component: 'word',
  list: 'list',
  range: 'list',
  operation: 'condition',
  negation: 'condition',
  held: 'condition',
  function: 'condition',
  missing: 'missing',
};

/** Whether one value may stand for the other: a number for a schedule, a component for a bare word. */
export function areOfOneKind(value: Value, declared: Value): boolean {
  return declared.kind === 'missing' || kinds[value.kind] === kinds[declared.kind];
}
