import { defineTask } from '../define.js';
import { checkQuestions } from './questions/check-questions.js';
import { benchmarkOptions } from './questions/question-options.js';

const usual = { files: 'ARC-Easy/*', split: 'test' };

/** The easy part of ARC. */
export const arcEasy = defineTask({
  name: 'arc_easy',
  summary: 'Science questions that retrieval answers; as lm-eval asks them.',
  source: 'Clark et al. 2018, arXiv 1803.05457',
  options: benchmarkOptions('arc_easy', '"question", "choices" and "answerKey"', usual),
  check: checkQuestions,
  create: async (options) => {
    const { questionFileTask } = await import('./questions/question-task.js');
    const { arcQuestion } = await import('./questions/arc.js');
    return questionFileTask(options, { questionOf: arcQuestion, asksTestSplit: true, usual });
  },
});
