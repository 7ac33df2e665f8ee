import { codePoints } from '../likelihood/python-text.js';
import type { JsonRow } from './json-row.js';
import { choicesAfter, type Question } from './question.js';

/** ARC: a science question with three to five choices. Fields `question`, `choices` {`text`, `label`}, `answerKey`. */
export function arcQuestion(row: JsonRow): Question {
  const choices = row.row('choices').texts('text');
  const labels = row.row('choices').texts('label');
  const gold = labels.indexOf(row.text('answerKey'));
  if (gold < 0 || gold >= choices.length) throw row.unfit('answerKey', `one of ${labels.join(', ')}`);
  return choicesAfter(`Question: ${row.text('question')}\nAnswer:`, choices, {
    gold,
    lengths: choices.map(codePoints),
  });
}
