import { StageFailure } from '../../../runtime/contract/stage.js';
import type { Task, TaskContext } from '../../evaluation/task.js';
import type { Choice, QuestionItem } from '../../evaluation/task-item.js';
import { mendable } from '../../mendable.js';
import { encodePair } from '../likelihood/encode-pair.js';
import {
  likelihoodRules,
  type LikelihoodOptions,
  type LikelihoodRules,
} from '../likelihood/likelihood-rules.js';
import { pairSequence } from '../likelihood/pair-sequence.js';
import type { JsonRow } from './json-row.js';
import type { Question } from './question.js';
import { readJsonRows } from './read-json-rows.js';

/** A question with what reports need to know of it. */
export interface NamedQuestion extends Question {
  readonly id: string;
  /** See `QuestionItem`. */
  readonly groups: readonly string[];
  /** File and line, for messages. */
  readonly place: string;
}

/** Options of a task whose questions stand in one file. */
export interface QuestionFileOptions extends LikelihoodOptions {
  readonly file: string;
  readonly limit?: number;
}

/** A task that asks the questions of one file. */
export function questionFileTask(options: QuestionFileOptions, questionOf: (row: JsonRow) => Question): Task {
  return questionTask(options, async (path) => {
    const rows = await readJsonRows(path(options.file), options.limit);
    return rows.map((row, index) => ({
      ...questionOf(row),
      id: `question-${index}`,
      groups: [],
      place: row.place,
    }));
  });
}

type ReadQuestions = (path: (option: string) => string) => Promise<readonly NamedQuestion[]>;

/** A task that asks questions; `more` is what its settings say beside the rules for texts. */
export function questionTask(
  options: LikelihoodOptions,
  read: ReadQuestions,
  more: Readonly<Record<string, number | string>> = {},
): Task {
  return {
    items: async (context) => {
      const rules = likelihoodRules(options, context);
      const questions = await mendable(() => read((path) => context.stage.path(path)));
      return questions.map((question) => questionItem(question, rules));
    },
    settings: (context: TaskContext) => ({ ...likelihoodRules(options, context).settings, ...more }),
  };
}

/** A question in tokens. Throws `StageFailure` where a model cannot be asked it. */
function questionItem(question: NamedQuestion, rules: LikelihoodRules): QuestionItem {
  const { id, gold, groups, requests, lengths, place } = question;
  const choices = requests.map((request, index): Choice => {
    const length = lengths?.[index];
    try {
      const sequence = pairSequence(encodePair(rules.encoder, request), rules.maxLength);
      return { ...sequence, ...(length === undefined ? {} : { length }) };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new StageFailure(
        `${place}: choice ${index + 1} cannot be scored: ${cause.message}. Correct or remove this line.`,
        { cause },
      );
    }
  });
  return { id, choices, gold, groups };
}
