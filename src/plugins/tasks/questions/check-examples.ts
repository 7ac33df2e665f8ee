import type { ComponentValue, OptionProblem } from '../../../base/signatures.js';
import { questionPath } from './question-place.js';

/** Rules of worked examples: those that are to be shown are somewhere, and those that are named are shown. */
export function checkExamples(
  { plugin, options }: ComponentValue,
  pointer: string,
): readonly OptionProblem[] {
  const path = questionPath(plugin);
  if (path === undefined) return [];
  const key = plugin === 'mmlu' ? 'dev' : 'examples';
  const shots = Number(options['shots'] ?? 0);
  const named = options[key] !== undefined;
  if (shots === 0 && named) {
    const message = `"${key}" is set and "shots" is 0, so none would be shown. Set "shots", or remove "${key}".`;
    return [{ pointer: `${pointer}/${key}`, keyword: 'rule', message }];
  }
  // Without a path too, what is missing first is the questions.
  if (shots === 0 || named || options['repository'] !== undefined || options[path] === undefined) return [];
  const place = plugin === 'mmlu' ? 'a file or folder' : 'a file';
  const message = `${shots} worked examples are to be shown, and there are none. Name ${place} of them as "${key}", or set "shots" to 0.`;
  return [{ pointer: `${pointer}/shots`, keyword: 'rule', message }];
}
