import type { JsonObject } from '../../base/json.js';
import type { ComponentValue, OptionProblem } from '../../base/signatures.js';
import { componentsIn } from '../evaluation/branch.js';
import { checkExamples } from './questions/check-examples.js';
import { checkQuestionPlace } from './questions/question-place.js';

/** Rules between the options of each task of a stage, which no schema can say. */
export function checkTasks(options: JsonObject): readonly OptionProblem[] {
  return componentsIn(options['tasks']).flatMap((task, index) => {
    const pointer = `/tasks/${index}/options`;
    return [
      ...checkQuestionPlace(task, pointer),
      ...checkExamples(task, pointer),
      ...checkGap(task, pointer),
    ];
  });
}

/** Words need no text of a set length between them. */
function checkGap({ plugin, options }: ComponentValue, pointer: string): readonly OptionProblem[] {
  if (plugin !== 'recall' || options['form'] !== 'words' || options['gap'] === undefined) return [];
  return [
    {
      pointer: `${pointer}/gap`,
      keyword: 'rule',
      message: '"gap" belongs to the form "tokens"; pairs in words follow one another. Remove it.',
    },
  ];
}
