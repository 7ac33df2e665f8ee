import type { JsonObject } from '../../../base/json.js';
import type { OptionProblem } from '../../../base/signatures.js';
import { checkPlace } from '../../sources/place.js';
import { checkExamples } from './check-examples.js';

/** Rules between the options of a task that asks the questions of a file, or of a repository instead. */
export function checkQuestions(options: JsonObject): readonly OptionProblem[] {
  return [
    ...checkPlace(options, 'file'),
    ...checkExamples(options, { path: 'file', examples: 'examples', place: 'a file' }),
  ];
}
