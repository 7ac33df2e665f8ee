import type { JsonObject } from '../../../base/json.js';
import type { StageEvent } from '../../../runtime/contract/stage.js';
import { branchTitle } from '../../evaluation/branch.js';
import { jsonNumber } from '../../evaluation/non-finite.js';
import { needleTables } from '../../evaluation/needle-table.js';
import { hybridReference, resultTables, type Table } from '../../evaluation/result-table.js';
import { taskReport } from '../../evaluation/task-report.js';
import type { Ablation } from './findings.js';
import { ablationNotes } from './notes.js';

/** The tables that people read. */
export function ablationTables(ablation: Ablation): readonly Table[] {
  const names = [...new Set(ablation.tasks.flatMap(({ branches }) => [...branches.keys()]))];
  return [
    ...resultTables({
      title: `${ablation.stage}: what each branch does alone`,
      branches: names.map((name) => ({ name, title: branchTitle(name) })),
      tasks: ablation.tasks,
      reference: hybridReference,
      applicable: ablation.applicable,
      notes: ablationNotes(ablation),
    }),
    ...needleTables(ablation.stage, ablation.tasks),
  ];
}

/** report.json: everything found, per item too. Its form is `ablationReportSchema`. */
export function ablationReport(
  ablation: Ablation,
  tables: readonly Table[],
  gate: StageEvent | undefined,
): JsonObject {
  return {
    schema: 'hpl.ablation/1',
    stage: ablation.stage,
    window: ablation.window,
    linear_scope: ablation.linearScope,
    renormalise: ablation.renormalise,
    tasks: ablation.tasks.map((task) => taskReport(task, ablation)),
    ...(ablation.shares === undefined
      ? {}
      : {
          linear_share: {
            dynamic_mix: ablation.shares.dynamic,
            layers: ablation.shares.layers.map(({ layer, byWeight, byNorm }) => ({
              layer,
              by_weight: jsonNumber(byWeight),
              by_norm: jsonNumber(byNorm),
            })),
          },
        }),
    signatures: ablation.signatures.map((signature) => ({ ...signature })),
    ...(gate?.type === 'gate'
      ? { gate: { condition: gate.condition, met: gate.met, explanation: gate.explanation } }
      : {}),
    tables,
  };
}
