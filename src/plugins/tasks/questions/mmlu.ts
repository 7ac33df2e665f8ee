import { strip } from '../likelihood/python-text.js';
import type { JsonRow } from './json-row.js';
import { choicesAfter, type Question } from './question.js';

const letters = ['A', 'B', 'C', 'D'];

/**
 * MMLU: a question of an examination, answered with a letter, after worked examples of the same subject. Fields
 * `question`, `choices` (four), `answer` (0 to 3), `subject`.
 */
export function mmluQuestion(row: JsonRow, examples: readonly JsonRow[]): Question {
  const subject = row.text('subject').replaceAll('_', ' ');
  const description = `The following are multiple choice questions (with answers) about ${subject}.\n\n`;
  const worked = examples.map((example) => `${asked(example)} ${letters[gold(example)] ?? ''}\n\n`);
  return choicesAfter(description + worked.join('') + asked(row), letters, { gold: gold(row) });
}

function asked(row: JsonRow): string {
  const choices = row.texts('choices');
  if (choices.length !== letters.length) throw row.unfit('choices', `a list of ${letters.length} strings`);
  const lines = choices.map((choice, index) => `${letters[index] ?? ''}. ${choice}`);
  return [strip(row.text('question')), ...lines, 'Answer:'].join('\n');
}

function gold(row: JsonRow): number {
  return row.index('answer', letters.length);
}
