import { defineTask } from '../define.js';
import { checkQuestions } from './questions/check-questions.js';
import { benchmarkOptions } from './questions/question-options.js';

const usual = { split: 'validation' };

/** HellaSwag: common sense about what happens next. */
export const hellaswag = defineTask({
  name: 'hellaswag',
  summary: 'How an everyday scene goes on, out of four endings; as lm-eval asks it.',
  source: 'Zellers et al. 2019, arXiv 1905.07830',
  options: benchmarkOptions('hellaswag', '"activity_label", "ctx_a", "ctx_b", "endings" and "label"', usual),
  check: checkQuestions,
  create: async (options) => {
    const { questionFileTask } = await import('./questions/question-task.js');
    const { hellaswagQuestion } = await import('./questions/hellaswag.js');
    return questionFileTask(options, { questionOf: hellaswagQuestion, asksTestSplit: false, usual });
  },
});
