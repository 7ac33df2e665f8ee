import { defineTask } from '../define.js';
import { checkQuestions } from './questions/check-questions.js';
import { benchmarkOptions } from './questions/question-options.js';

const usual = { files: 'winogrande_xl/*', split: 'validation' };

/** WinoGrande: whom a pronoun means. */
export const winogrande = defineTask({
  name: 'winogrande',
  summary: 'Which of two words fills a blank; as lm-eval asks it.',
  source: 'Sakaguchi et al. 2019, arXiv 1907.10641',
  options: benchmarkOptions('winogrande', '"sentence", "option1", "option2" and "answer"', usual),
  check: checkQuestions,
  create: async (options) => {
    const { questionFileTask } = await import('./questions/question-task.js');
    const { winograndeQuestion } = await import('./questions/winogrande.js');
    return questionFileTask(options, { questionOf: winograndeQuestion, asksTestSplit: false, usual });
  },
});
