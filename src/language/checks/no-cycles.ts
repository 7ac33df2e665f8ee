import { diagnose } from '../diagnostics.js';
import type { ElaboratedStage } from '../options/elaborate.js';
import type { StageCheck } from './check.js';

/** No stage waits for itself, directly or through others. */
export const noCycles: StageCheck = ({ stages }, report) => {
  const byName = new Map(stages.map((stage) => [stage.stage.name.text, stage]));
  const finished = new Set<string>();
  for (const { stage } of stages) {
    const cycle = findCycle(stage.name.text, byName, finished);
    if (cycle === undefined) continue;
    const [first = '', second = ''] = cycle;
    const span = referenceSpan(byName.get(first), second) ?? stage.name.span;
    report(diagnose('stage-cycle', { names: cycle }, { span }));
  }
};

/** The first cycle that can be reached and that no earlier search has seen, closed: `a, b, a`. */
function findCycle(
  start: string,
  byName: ReadonlyMap<string, ElaboratedStage>,
  finished: Set<string>,
): readonly string[] | undefined {
  const path: string[] = [];
  let cycle: readonly string[] | undefined;
  const visit = (name: string): void => {
    if (cycle !== undefined || finished.has(name)) return;
    const before = path.indexOf(name);
    if (before >= 0) {
      cycle = [...path.slice(before), name];
      return;
    }
    path.push(name);
    for (const input of byName.get(name)?.inputs ?? []) visit(input.stage);
    path.pop();
    finished.add(name);
  };
  visit(start);
  return cycle;
}

function referenceSpan(
  stage: ElaboratedStage | undefined,
  target: string,
): ElaboratedStage['head'] | undefined {
  const input = stage?.inputs.find((candidate) => candidate.stage === target);
  return input && stage?.places.get(input.pointer);
}
