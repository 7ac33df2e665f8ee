import { groupedBy } from '../../../base/grouped-by.js';
import { StageFailure, type StageEvent } from '../../../runtime/contract/stage.js';
import type { Task } from '../../evaluation/task.js';
import { filesAt } from '../../sources/records/data-files.js';
import type { LikelihoodOptions } from '../likelihood/likelihood-rules.js';
import type { JsonRow } from './json-row.js';
import { mmluGroups } from './mmlu-groups.js';
import { mmluQuestion } from './mmlu.js';
import { questionTask, type QuestionSteps } from './question-task.js';
import { readQuestionRows, type FileContext } from './question-files.js';
import { mmluFiles, type QuestionPlace } from './question-place.js';
import { readJsonRows } from './read-json-rows.js';

/** Options of MMLU after checking. */
export interface MmluOptions extends LikelihoodOptions, Omit<QuestionPlace, 'file' | 'split'> {
  readonly test?: string;
  readonly dev?: string;
  readonly shots: number;
  /** Most questions of one subject. */
  readonly limit?: number;
}

/** A task that asks the questions of all subjects found, with `shots` worked examples of the same subject before each. */
export function mmluTask(options: MmluOptions): Task {
  return questionTask(options, (context) => readMmlu(options, context), { shots: options.shots });
}

/** The questions in the order of files and lines, numbered within their subject. */
export async function* readMmlu(options: MmluOptions, context: FileContext): QuestionSteps {
  const { test, limit = Infinity } = options;
  const rows =
    test === undefined
      ? yield* readQuestionRows(options, mmluFiles('test'), context)
      : await rowsAt(context.path(test), '.test.jsonl');
  const examples = yield* examplesOf(options, context);
  const counts = new Map<string, number>();
  return rows.flatMap((row) => {
    const subject = row.text('subject');
    const number = counts.get(subject) ?? 0;
    counts.set(subject, number + 1);
    if (number >= limit) return [];
    return {
      ...mmluQuestion(row, workedExamples(examples, subject, options)),
      id: `${subject}-${number}`,
      groups: mmluGroups(subject),
      place: row.place,
    };
  });
}

type ExamplesBySubject = ReadonlyMap<string, readonly JsonRow[]>;

async function* examplesOf(
  options: MmluOptions,
  context: FileContext,
): AsyncGenerator<StageEvent, ExamplesBySubject, undefined> {
  if (options.shots === 0) return new Map();
  return groupedBy(yield* exampleRows(options, context), (row) => row.text('subject'));
}

async function* exampleRows(
  options: MmluOptions,
  context: FileContext,
): AsyncGenerator<StageEvent, readonly JsonRow[], undefined> {
  const { dev } = options;
  if (dev !== undefined) return rowsAt(context.path(dev), '.dev.jsonl');
  return yield* readQuestionRows(options, mmluFiles('dev'), context);
}

function workedExamples(
  examples: ExamplesBySubject,
  subject: string,
  { shots, dev, repository }: MmluOptions,
): readonly JsonRow[] {
  const found = examples.get(subject)?.slice(0, shots) ?? [];
  if (found.length === shots) return found;
  throw new StageFailure(
    `The task "mmlu" is to show ${shots} worked examples of ${subject}; "${dev ?? repository ?? ''}" has ${found.length}. Add some, or ` +
      'lower "shots".',
  );
}

/** The rows of a file, or of the files of a folder whose names have this ending. */
async function rowsAt(path: string, ending: string): Promise<readonly JsonRow[]> {
  const files = await filesAt(path, [ending]);
  const rows = await Promise.all(files.map((file) => readJsonRows(file)));
  return rows.flat();
}
