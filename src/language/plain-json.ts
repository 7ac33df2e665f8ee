import type { Json } from '../base/json.js';
import { units } from '../base/units.js';
import type { Body, Value } from './ast.js';

/** A value as JSON where no schema says what it means: numbers in base units, words as strings. For records. */
export function plainJson(value: Value): Json {
  switch (value.kind) {
    case 'number':
      return value.value * (units[value.unit?.text ?? '']?.factor ?? 1);
    case 'string':
    case 'boolean':
      return value.value;
    case 'word':
      return value.text;
    case 'list':
      return value.elements.map(plainJson);
    case 'component':
      return { plugin: value.name.text, options: plainSettings(value.body) };
    case 'missing':
      return null;
    default:
      return plainExpression(value);
  }
}

type Expression = Extract<
  Value,
  { kind: 'schedule' | 'range' | 'function' | 'operation' | 'negation' | 'held' }
>;

function plainExpression(value: Expression): Json {
  switch (value.kind) {
    case 'schedule':
      return { schedule: value.steps.map(plainJson) };
    case 'range':
      return { from: plainJson(value.from), to: plainJson(value.to) };
    case 'function':
      return { op: value.name.text, arguments: value.arguments.map(plainJson) };
    case 'operation':
      return { op: value.operator, left: plainJson(value.left), right: plainJson(value.right) };
    case 'negation':
      return { op: value.operator, operand: plainJson(value.operand) };
    case 'held':
      return { op: 'for', operand: plainJson(value.operand), evals: value.duration.value };
  }
}

function plainSettings(body: Body): Json {
  const settings = body.items.flatMap((item) =>
    item.kind === 'setting' ? [[item.key.text, plainJson(item.value)] as const] : [],
  );
  return Object.fromEntries(settings);
}
