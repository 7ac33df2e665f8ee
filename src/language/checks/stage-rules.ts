import type { ElaboratedStage } from '../options/elaborate.js';
import type { ComponentUse } from '../options/scope.js';
import { diagnoseProblem } from '../options/settings.js';
import type { Report } from '../report.js';
import type { StageCheck } from './check.js';
import { askPlugin } from './plugin-answers.js';

/** Rules between settings that plugins check themselves, asked only where each setting of a stage alone is right. */
export const stageRules: StageCheck = ({ stages }, report) => {
  for (const stage of stages) {
    if (!stage.isSound) continue;
    for (const component of stage.components) checkComponent(component, stage, report);
    const { signature, head } = stage;
    const asked = { name: signature.kind, head };
    const problems = askPlugin(asked, report, () => signature.check(stage.options)) ?? [];
    const place = { pointer: '', owner: `the stage "${stage.stage.name.text}"`, head };
    for (const problem of problems) report(diagnoseProblem(problem, place, stage.places));
  }
};

function checkComponent(
  { signature, options, place }: ComponentUse,
  { places }: ElaboratedStage,
  report: Report,
): void {
  const asked = { name: signature.name, head: place.head };
  const problems = askPlugin(asked, report, () => signature.check?.(options)) ?? [];
  for (const problem of problems) report(diagnoseProblem(problem, place, places));
}
