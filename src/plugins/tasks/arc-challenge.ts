import { defineTask } from '../define.js';
import { checkQuestions } from './questions/check-questions.js';
import { benchmarkOptions } from './questions/question-options.js';

const usual = { files: 'ARC-Challenge/*', split: 'test' };

/** The hard part of ARC. */
export const arcChallenge = defineTask({
  name: 'arc_challenge',
  summary: 'Science questions that retrieval does not answer; as lm-eval asks them.',
  source: 'Clark et al. 2018, arXiv 1803.05457',
  options: benchmarkOptions('arc_challenge', '"question", "choices" and "answerKey"', usual),
  check: checkQuestions,
  create: async (options) => {
    const { questionFileTask } = await import('./questions/question-task.js');
    const { arcQuestion } = await import('./questions/arc.js');
    return questionFileTask(options, { questionOf: arcQuestion, asksTestSplit: true, usual });
  },
});
