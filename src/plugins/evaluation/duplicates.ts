import type { OptionProblem } from '../../base/signatures.js';

/** Complains about every name in a list option that stands there before: its metrics would be the same. */
export function duplicates(option: 'branches' | 'tasks', names: readonly string[]): readonly OptionProblem[] {
  return names.flatMap((name, index) => {
    if (names.indexOf(name) === index) return [];
    const remedy = option === 'tasks' ? 'Give one of them another "name".' : 'Remove one of them.';
    return [
      {
        pointer: `/${option}/${index}`,
        keyword: 'rule',
        message: `"${name}" stands twice in "${option}", and their metrics would have the same names. ${remedy}`,
      },
    ];
  });
}
