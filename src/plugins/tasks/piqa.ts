import { defineTask } from '../define.js';
import { checkQuestions } from './questions/check-questions.js';
import { benchmarkOptions } from './questions/question-options.js';

const usual = { split: 'validation' };

/** PIQA: physical common sense. */
export const piqa = defineTask({
  name: 'piqa',
  summary: 'Which of two solutions reaches a goal; as lm-eval asks it.',
  source: 'Bisk et al. 2020, arXiv 1911.11641',
  options: benchmarkOptions('piqa', '"goal", "sol1", "sol2" and "label"', usual),
  check: checkQuestions,
  create: async (options) => {
    const { questionFileTask } = await import('./questions/question-task.js');
    const { piqaQuestion } = await import('./questions/piqa.js');
    return questionFileTask(options, { questionOf: piqaQuestion, asksTestSplit: false, usual });
  },
});
