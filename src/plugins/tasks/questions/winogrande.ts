import { strip } from '../likelihood/python-text.js';
import type { JsonRow } from './json-row.js';
import type { Question } from './question.js';

/**
 * WinoGrande: which of two words fills the blank, by the likelihood of what follows it. The contexts differ, the
 * continuation is shared. Fields `sentence` (the first `_` is the blank), `option1`, `option2`, `answer` ("1" or "2").
 */
export function winograndeQuestion(row: JsonRow): Question {
  const sentence = row.text('sentence');
  const blank = sentence.indexOf('_');
  if (blank < 0) throw row.unfit('sentence', 'a sentence with a blank, "_"');
  const gold = ['1', '2'].indexOf(row.text('answer'));
  if (gold < 0) throw row.unfit('answer', '"1" or "2"');
  const continuation = ` ${strip(sentence.slice(blank + 1))}`;
  return {
    requests: [row.text('option1'), row.text('option2')].map((option) => ({
      context: sentence.slice(0, blank) + option,
      continuation,
    })),
    gold,
  };
}
