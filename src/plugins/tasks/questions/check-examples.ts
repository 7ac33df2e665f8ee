import type { JsonObject } from '../../../base/json.js';
import type { OptionProblem } from '../../../base/signatures.js';

/** How a task calls its questions and its worked examples, and what the examples may be. */
export interface ExampleOptions {
  readonly path: string;
  readonly examples: string;
  readonly place: 'a file' | 'a file or folder';
}

/** Rules of worked examples: those that are to be shown are somewhere, and those that are named are shown. */
export function checkExamples(
  options: JsonObject,
  { path, examples: key, place }: ExampleOptions,
): readonly OptionProblem[] {
  const shots = Number(options['shots'] ?? 0);
  const named = options[key] !== undefined;
  if (shots === 0 && named) {
    const message = `"${key}" is set and "shots" is 0, so none would be shown. Set "shots", or remove "${key}".`;
    return [{ pointer: `/${key}`, keyword: 'rule', message }];
  }
  // Without a path too, what is missing first is the questions.
  if (shots === 0 || named || options['repository'] !== undefined || options[path] === undefined) return [];
  const message = `${shots} worked examples are to be shown, and there are none. Name ${place} of them as "${key}", or set "shots" to 0.`;
  return [{ pointer: '/shots', keyword: 'rule', message }];
}
