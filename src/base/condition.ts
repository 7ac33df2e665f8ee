import { isJsonObject, type Json } from './json.js';

/** A condition over declared metrics, as it stands in options (`stop`, `require`) and in work orders. Plain JSON. */
export type Condition =
  | { readonly op: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly op: 'not'; readonly operand: Condition }
  | {
      readonly op: '<' | '<=' | '>' | '>=' | '==' | '!=';
      readonly left: Quantity;
      readonly right: Quantity;
    }
  /** The operand held at each of the last `evals` evaluations. */
  | { readonly op: 'for'; readonly operand: Condition; readonly evals: number }
  /** The metric has not improved for `evals` evaluations. */
  | { readonly op: 'plateau'; readonly metric: string; readonly evals: number };

/** A number, a metric, or arithmetic over them. */
export type Quantity =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'metric'; readonly name: string }
  /** So many standard errors of the difference between the two sides of the comparison around it. */
  | { readonly op: 'standard-errors'; readonly value: number }
  | { readonly op: '+' | '-' | '*' | '/'; readonly left: Quantity; readonly right: Quantity }
  | { readonly op: 'negate'; readonly operand: Quantity };

const operators = new Set(['and', 'or', 'not', '<', '<=', '>', '>=', '==', '!=', 'for', 'plateau']);
const parts = ['left', 'operand', 'metric'];

/** Tells a condition among the values of checked options, where a setting of a component may be named `op` too. */
export function isCondition(value: Json): value is Json & Condition {
  if (!isJsonObject(value)) return false;
  const { op } = value;
  return typeof op === 'string' && operators.has(op) && parts.some((part) => Object.hasOwn(value, part));
}
