import { diagnoseProblem } from '../options/settings.js';
import type { StageCheck } from './check.js';
import { askPlugin } from './plugin-answers.js';

/** Rules between settings that a plugin checks itself, asked only where each setting alone is right. */
export const stageRules: StageCheck = ({ stages }, report) => {
  for (const stage of stages) {
    if (!stage.isSound) continue;
    const problems = askPlugin(stage, report, () => stage.signature.check(stage.options)) ?? [];
    const place = { pointer: '', owner: `the stage "${stage.stage.name.text}"`, head: stage.head };
    for (const problem of problems) report(diagnoseProblem(problem, place, stage.places));
  }
};
