import { StageFailure } from '../../../runtime/contract/stage.js';
import type { JsonRow } from './json-row.js';
import { PythonRandom } from './python-random.js';
import type { Question } from './question.js';

/** How questions are shown with worked examples before them. */
export interface ShotOptions {
  readonly shots: number;
  readonly sampler: 'random' | 'first';
  readonly shots_seed: number;
  readonly description: string;
  readonly separator: string;
  readonly examples?: string;
  readonly repository?: string;
  readonly name: string;
}

/** Draws the worked examples of one question after another. */
export type DrawExamples = (asked: JsonRow) => readonly JsonRow[];

/**
 * The samplers of lm-evaluation-harness 0.4.13. Where the question may stand among the examples itself
 * (`mayHoldAsked`), `random` draws one more than shown, and leaves the question out. Throws `StageFailure` where there
 * are too few.
 */
export function exampleSampler(
  pool: readonly JsonRow[],
  options: ShotOptions,
  mayHoldAsked: boolean,
): DrawExamples {
  const { shots, sampler, shots_seed: seed } = options;
  const besides = (asked: JsonRow, rows: readonly JsonRow[]): readonly JsonRow[] =>
    mayHoldAsked ? rows.filter((row) => !row.equals(asked)) : rows;
  if (sampler === 'first')
    return (asked) => enough(besides(asked, pool).slice(0, shots), pool.length, options);
  const random = new PythonRandom(seed);
  const draw = (rows: readonly JsonRow[], count: number): readonly JsonRow[] => {
    if (rows.length < count) return enough([], pool.length, options);
    return random.sample(rows.length, count).flatMap((place) => rows[place] ?? []);
  };
  if (!mayHoldAsked) return () => draw(pool, shots);
  return (asked) => {
    const drawn = besides(asked, draw(pool, shots + 1)).slice(0, shots);
    // The question may stand there more than once.
    return drawn.length === shots ? drawn : draw(besides(asked, pool), shots);
  };
}

function enough(rows: readonly JsonRow[], found: number, options: ShotOptions): readonly JsonRow[] {
  const { shots, examples, repository, name } = options;
  if (rows.length === shots) return rows;
  throw new StageFailure(
    `The task "${name}" is to show ${shots} worked examples; "${examples ?? repository ?? ''}" has ${found}, among which may be the ` +
      'question itself. Add some, or lower "shots".',
  );
}

/** The question with a description and worked examples before each of its contexts. */
export function withExamples(
  question: Question,
  examples: readonly Question[],
  { description, separator }: ShotOptions,
): Question {
  const before = description + examples.map((example) => `${answered(example)}${separator}`).join('');
  if (before === '') return question;
  return {
    ...question,
    requests: question.requests.map(({ context, continuation }) => ({
      context: before + context,
      continuation,
    })),
  };
}

/** A question with its right answer behind it. */
function answered({ requests, gold }: Question): string {
  const right = requests[gold];
  return right === undefined ? '' : right.context + right.continuation;
}
