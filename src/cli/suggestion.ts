import { closestName } from '../base/closest-name.js';

/** ` Did you mean "x"?`, or nothing where no known name is close. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const close = closestName(written, known);
  return close === undefined ? '' : ` Did you mean "${close}"?`;
}
