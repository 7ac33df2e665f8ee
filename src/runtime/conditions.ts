import type { Condition, Quantity } from '../base/condition.js';
import type { Json } from '../base/json.js';
import type { MetricDeclaration } from '../base/signatures.js';
import { InternalError } from '../base/unreachable.js';
import { compare, type StandardErrorOf } from './comparison.js';
import { printCondition } from './condition-text.js';
import type { ConditionTracker, MetricValue } from './contract/stage.js';

/** What one evaluation offers to every part of a condition. */
interface Evaluation {
  readonly values: ReadonlyMap<string, MetricValue>;
  readonly standardErrorOf: StandardErrorOf | undefined;
}

/** One part of a condition with its own history. Undefined means that a value is missing, which never counts as met. */
interface Part {
  observe(evaluation: Evaluation): boolean | undefined;
  state(): Json;
  restore(state: Json): void;
}

/**
 * Follows a condition over evaluations. `for N evals` counts evaluations in a row, `plateau` the evaluations since the
 * best value; which direction is better comes from the declared metrics, lower where nothing is said. A comparison
 * with a metric that is absent or not a number is neither true nor false, and its negation is not true either.
 */
export function trackCondition(
  condition: Condition,
  declared: readonly MetricDeclaration[] = [],
): ConditionTracker {
  const root = buildPart(condition, declared);
  return {
    metrics: metricsOf(condition),
    observe: (values, standardErrorOf) => root.observe({ values, standardErrorOf }) === true,
    text: () => printCondition(condition),
    state: () => root.state(),
    restore: (state) => {
      root.restore(state);
    },
  };
}

/** The metrics that a condition reads, each once, in order of appearance. */
export function metricsOf(condition: Condition): readonly string[] {
  return [...new Set(metricsOfCondition(condition))];
}

function metricsOfCondition(condition: Condition): readonly string[] {
  switch (condition.op) {
    case 'and':
    case 'or':
      return [...metricsOfCondition(condition.left), ...metricsOfCondition(condition.right)];
    case 'not':
    case 'for':
      return metricsOfCondition(condition.operand);
    case 'plateau':
      return [condition.metric];
    default:
      return [...metricsOfQuantity(condition.left), ...metricsOfQuantity(condition.right)];
  }
}

function metricsOfQuantity(quantity: Quantity): readonly string[] {
  switch (quantity.op) {
    case 'metric':
      return [quantity.name];
    case 'negate':
      return metricsOfQuantity(quantity.operand);
    case '+':
    case '-':
    case '*':
    case '/':
      return [...metricsOfQuantity(quantity.left), ...metricsOfQuantity(quantity.right)];
    case 'number':
    case 'standard-errors':
      return [];
  }
}

function buildPart(condition: Condition, declared: readonly MetricDeclaration[]): Part {
  switch (condition.op) {
    case 'and':
    case 'or':
      return junction(
        condition.op,
        buildPart(condition.left, declared),
        buildPart(condition.right, declared),
      );
    case 'not':
      return negation(buildPart(condition.operand, declared));
    case 'for':
      return streak(buildPart(condition.operand, declared), condition.evals);
    case 'plateau':
      return plateau(condition.metric, condition.evals, declared);
    default:
      return {
        observe: ({ values, standardErrorOf }) => compare(condition, values, standardErrorOf),
        state: () => null,
        restore: () => undefined,
      };
  }
}

/** Kleene's three-valued and, or. Both sides always observe, so that their histories stay complete. */
function junction(op: 'and' | 'or', left: Part, right: Part): Part {
  const decisive = op === 'or';
  return {
    observe: (evaluation) => {
      const found = [left.observe(evaluation), right.observe(evaluation)];
      if (found.includes(decisive)) return decisive;
      return found.includes(undefined) ? undefined : !decisive;
    },
    state: () => [left.state(), right.state()],
    restore: (state) => {
      const [first, second] = asList(state);
      left.restore(first ?? null);
      right.restore(second ?? null);
    },
  };
}

function negation(operand: Part): Part {
  return {
    observe: (evaluation) => {
      const found = operand.observe(evaluation);
      return found === undefined ? undefined : !found;
    },
    state: () => operand.state(),
    restore: (state) => {
      operand.restore(state);
    },
  };
}

function streak(operand: Part, evals: number): Part {
  let held = 0;
  return {
    observe: (evaluation) => {
      held = operand.observe(evaluation) === true ? held + 1 : 0;
      return held >= evals;
    },
    state: () => [held, operand.state()],
    restore: (state) => {
      const [count, inner] = asList(state);
      held = Number(count);
      operand.restore(inner ?? null);
    },
  };
}

function plateau(metric: string, evals: number, declared: readonly MetricDeclaration[]): Part {
  const sign = declared.find(({ name }) => name === metric)?.better === 'higher' ? -1 : 1;
  let best: number | undefined;
  let since = 0;
  return {
    observe: ({ values }) => {
      const found = values.get(metric);
      if (found === undefined) return since >= evals;
      const value = found.value * sign;
      const improves = best === undefined ? !Number.isNaN(value) : value < best;
      since = improves ? 0 : since + 1;
      if (improves) best = value;
      return since >= evals;
    },
    // Infinity has no JSON, and a best of Infinity is as good as none.
    state: () => [best === undefined || !Number.isFinite(best) ? null : best, since],
    restore: (state) => {
      const [bestBefore, sinceBefore] = asList(state);
      best = typeof bestBefore === 'number' ? bestBefore : undefined;
      since = Number(sinceBefore);
    },
  };
}

function asList(state: Json): readonly Json[] {
  if (!Array.isArray(state)) throw new InternalError('the state of a condition belongs to another condition');
  return state as readonly Json[];
}
