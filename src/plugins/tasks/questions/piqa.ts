import { codePoints } from '../likelihood/python-text.js';
import type { JsonRow } from './json-row.js';
import { choicesAfter, type Question } from './question.js';

/** PIQA: which of two solutions reaches the goal. Fields `goal`, `sol1`, `sol2`, `label` (0 or 1). */
export function piqaQuestion(row: JsonRow): Question {
  const choices = [row.text('sol1'), row.text('sol2')];
  return choicesAfter(`Question: ${row.text('goal')}\nAnswer:`, choices, {
    gold: row.index('label', choices.length),
    lengths: choices.map(codePoints),
  });
}
