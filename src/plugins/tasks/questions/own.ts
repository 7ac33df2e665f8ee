import { codePoints } from '../likelihood/python-text.js';
import type { JsonRow } from './json-row.js';
import { choicesAfter, type Question } from './question.js';

/** How the rows of a file become questions. */
export interface OwnFormat {
  /** The context: text with fields of the row in braces, such as `Question: {question}\nAnswer:`. */
  readonly question: string;
  /** The field with the list of choices. */
  readonly choices: string;
  /** The field with the right choice. */
  readonly answer: string;
}

/** A question of a file of one's own. The right choice is named by its text, its letter, or its index from 0. */
export function ownQuestion(row: JsonRow, { question, choices: key, answer }: OwnFormat): Question {
  const choices = row.texts(key);
  const context = question.replaceAll(/\{([^{}]+)\}/g, (_, field: string) => row.text(field));
  return choicesAfter(context, choices, {
    gold: rightChoice(row, answer, choices),
    lengths: choices.map(codePoints),
  });
}

function rightChoice(row: JsonRow, key: string, choices: readonly string[]): number {
  const value = row.value(key);
  if (typeof value !== 'string') return row.index(key, choices.length);
  const named = choices.indexOf(value);
  if (named >= 0) return named;
  const letter = /^[A-Z]$/.test(value) ? value.charCodeAt(0) - 'A'.charCodeAt(0) : choices.length;
  if (letter < choices.length) return letter;
  if (/^\d+$/.test(value)) return row.index(key, choices.length);
  throw row.unfit(key, 'one of the choices, a letter or an index from 0');
}
