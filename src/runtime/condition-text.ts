import type { Condition, Quantity } from '../base/condition.js';

const conditionRank = { or: 1, and: 2, not: 3, atom: 4 } as const;
const quantityRank = { '+': 1, '-': 1, '*': 2, '/': 2 } as const;
const atomRank = 3;

/** A condition as a reader would write it in a pipeline file, with no more parentheses than it needs. */
export function printCondition(condition: Condition): string {
  switch (condition.op) {
    case 'and':
    case 'or': {
      const rank = conditionRank[condition.op];
      return `${wrapped(condition.left, rank)} ${condition.op} ${wrapped(condition.right, rank + 1)}`;
    }
    case 'not':
      return `not ${wrapped(condition.operand, conditionRank.atom)}`;
    case 'for':
      return `${wrapped(condition.operand, conditionRank.atom)} for ${evals(condition.evals)}`;
    case 'plateau':
      return `plateau(${condition.metric}, ${evals(condition.evals)})`;
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '==':
    case '!=':
      return `${printQuantity(condition.left)} ${condition.op} ${printQuantity(condition.right)}`;
  }
}

function wrapped(condition: Condition, atLeast: number): string {
  const text = printCondition(condition);
  return rankOf(condition) < atLeast ? `(${text})` : text;
}

function rankOf(condition: Condition): number {
  // `x for 2 evals` inside another `for` or `not` reads better in parentheses.
  if (condition.op === 'for') return conditionRank.not;
  return condition.op in conditionRank
    ? conditionRank[condition.op as keyof typeof conditionRank]
    : conditionRank.atom;
}

/** Arithmetic over metrics as a reader would write it. */
function printQuantity(quantity: Quantity): string {
  switch (quantity.op) {
    case 'number':
      return String(quantity.value);
    case 'metric':
      return quantity.name;
    case 'standard-errors':
      return `${quantity.value} se`;
    case 'negate':
      return `-${operand(quantity.operand, atomRank)}`;
    case '+':
    case '-':
    case '*':
    case '/': {
      const rank = quantityRank[quantity.op];
      return `${operand(quantity.left, rank)} ${quantity.op} ${operand(quantity.right, rank + 1)}`;
    }
  }
}

function operand(quantity: Quantity, atLeast: number): string {
  const rank =
    quantity.op in quantityRank ? quantityRank[quantity.op as keyof typeof quantityRank] : atomRank;
  const text = printQuantity(quantity);
  return rank < atLeast ? `(${text})` : text;
}

function evals(count: number): string {
  return `${count} ${count === 1 ? 'eval' : 'evals'}`;
}
