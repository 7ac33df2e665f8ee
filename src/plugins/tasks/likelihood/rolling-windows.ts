import type { ItemSequence } from '../../evaluation/task-item.js';
import { targetsAtEnd } from './pair-sequence.js';

/**
 * Windows of at most `maxLength` tokens in which every token of a text is scored once, as lm-evaluation-harness makes
 * them. The first begins with the prefix token; each further one sees the last token of the one before it, the last one
 * as much before it as fits.
 */
export function rollingWindows(
  tokens: readonly number[],
  prefix: number,
  maxLength: number,
): readonly ItemSequence[] {
  if (tokens.length === 0) return [];
  const first = tokens.slice(0, maxLength);
  const windows = [targetsAtEnd([prefix, ...first.slice(0, -1)], first)];
  for (let start = maxLength; start < tokens.length; start += maxLength) {
    const end = Math.min(start + maxLength, tokens.length);
    windows.push(
      targetsAtEnd(tokens.slice(Math.max(0, end - maxLength - 1), end - 1), tokens.slice(start, end)),
    );
  }
  return windows;
}
