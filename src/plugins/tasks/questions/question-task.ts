import { StageFailure, type StageEvent } from '../../../runtime/contract/stage.js';
import type { Task, TaskContext } from '../../evaluation/task.js';
import type { Choice, QuestionItem } from '../../evaluation/task-item.js';
import { mendableSteps } from '../../mendable.js';
import { encodePair } from '../likelihood/encode-pair.js';
import {
  likelihoodRules,
  type LikelihoodOptions,
  type LikelihoodRules,
} from '../likelihood/likelihood-rules.js';
import { pairSequence } from '../likelihood/pair-sequence.js';
import { exampleSampler, withExamples, type ShotOptions } from './few-shot.js';
import type { JsonRow } from './json-row.js';
import type { Question } from './question.js';
import { readQuestionRows, type FileContext } from './question-files.js';
import type { QuestionPlace, UsualFiles } from './question-place.js';
import { readJsonRows } from './read-json-rows.js';

/** A question with what reports need to know of it. */
export interface NamedQuestion extends Question {
  readonly id: string;
  /** See `QuestionItem`. */
  readonly groups: readonly string[];
  /** File and line, for messages. */
  readonly place: string;
}

/** Progress of a download where there is one, then the questions. */
export type QuestionSteps = AsyncGenerator<StageEvent, readonly NamedQuestion[], undefined>;

/** Options of a task whose questions stand in one file. */
export interface QuestionFileOptions extends LikelihoodOptions, ShotOptions, QuestionPlace {
  readonly limit?: number;
}

/** The form of the questions in a file. */
export interface QuestionForm {
  readonly questionOf: (row: JsonRow) => Question;
  /** Whether lm-evaluation-harness asks a split named test: elsewhere it sets a question aside from its examples. */
  readonly asksTestSplit: boolean;
  /** What of a repository is asked. */
  readonly usual: UsualFiles;
}

/** A task that asks the questions of one file. */
export function questionFileTask(options: QuestionFileOptions, form: QuestionForm): Task {
  const { shots, sampler, shots_seed: seed, description, separator } = options;
  const shown = shots > 0 || description !== '';
  return questionTask(
    options,
    (context) => readQuestions(options, form, context),
    shown ? { shots, description, separator, sampler, shots_seed: seed } : {},
  );
}

/** The questions of a file, in its order, with what stands before them. */
export async function* readQuestions(
  options: QuestionFileOptions,
  { questionOf, asksTestSplit, usual }: QuestionForm,
  context: FileContext,
): QuestionSteps {
  const rows = yield* readQuestionRows(options, usual, context, options.limit);
  const pool = yield* examplePool(options, usual, context);
  const draw =
    options.shots === 0 ? () => [] : exampleSampler(pool, options, !asksTestSplit || isAskedItself(options));
  return rows.map((row, index) => ({
    ...withExamples(questionOf(row), draw(row).map(questionOf), options),
    id: `question-${index}`,
    groups: [],
    place: row.place,
  }));
}

function isAskedItself({ file, examples }: QuestionFileOptions): boolean {
  return file !== undefined && examples === file;
}

async function* examplePool(
  options: QuestionFileOptions,
  usual: UsualFiles,
  context: FileContext,
): AsyncGenerator<StageEvent, readonly JsonRow[], undefined> {
  const { shots, examples } = options;
  if (shots === 0) return [];
  if (examples !== undefined) return readJsonRows(context.path(examples));
  return yield* readQuestionRows({ ...options, split: 'train' }, usual, context);
}

type ReadQuestions = (context: FileContext) => QuestionSteps;

/** A task that asks questions; `more` is what its settings say beside the rules for texts. */
export function questionTask(
  options: LikelihoodOptions,
  read: ReadQuestions,
  more: Readonly<Record<string, number | string>> = {},
): Task {
  return {
    items: async function* (context) {
      const rules = likelihoodRules(options, context);
      const questions = yield* mendableSteps(read(context.stage));
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
