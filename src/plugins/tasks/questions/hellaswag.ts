import { capitalize, codePoints, strip } from '../likelihood/python-text.js';
import type { JsonRow } from './json-row.js';
import { choicesAfter, type Question } from './question.js';

/** HellaSwag: how a scene goes on. Fields `activity_label`, `ctx_a`, `ctx_b`, `endings`, `label`. */
export function hellaswagQuestion(row: JsonRow): Question {
  const scene = `${row.text('ctx_a')} ${capitalize(row.text('ctx_b'))}`;
  const choices = row.texts('endings').map(withoutMarkup);
  return choicesAfter(withoutMarkup(`${row.text('activity_label')}: ${scene}`), choices, {
    gold: row.index('label', choices.length),
    lengths: choices.map(codePoints),
  });
}

/**
 * Takes out what WikiHow left in the texts. The order counts: white space is removed first, so that a text which ends
 * with markup keeps a space; and two spaces become one in a single pass.
 */
function withoutMarkup(text: string): string {
  return strip(text)
    .replaceAll(' [title]', '. ')
    .replaceAll(/\[[^\n]*?\]/g, '')
    .replaceAll('  ', ' ');
}
