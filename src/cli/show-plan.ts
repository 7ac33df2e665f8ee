import { formatBytes } from '../base/format-quantity.js';
import { renderTable } from '../report/render-table.js';
import { weightsRows } from '../report/run-words.js';
import type { PlannedStage } from '../runtime/planned.js';
import { bf16Models } from './bf16-models.js';
import { paletteFor, wantsColour } from './colour.js';
import { planFile, refusedPlan } from './compile-file.js';
import type { Planned } from './compose.js';
import { exitCodes } from './exit-codes.js';
import { forecastRun } from './forecast-run.js';
import type { Io } from './io.js';
import type { PlanningOptions } from './planning-options.js';

/** What the command line gives to `hpl plan`. */
export interface PlanOptions extends PlanningOptions {
  readonly json?: true;
  readonly detailedExitcode?: true;
}

/** Shows what a run would do. Gives the exit code. */
export async function showPlan(file: string, options: PlanOptions, io: Io): Promise<number> {
  const forecast = await forecastRun(await planFile(file, options, io));
  if (!forecast.ok) throw refusedPlan(forecast.error, io);
  const planned = forecast.value;
  io.stdout.write(options.json === true ? planJson(planned) : planText(planned, io));
  const work = planned.plan.stages.some(({ action }) => action !== 'cached');
  return work && options.detailedExitcode === true ? exitCodes.workFound : exitCodes.done;
}

function planJson({ plan, store }: Planned): string {
  const stages = plan.stages.map((stage) => ({ ...stage, key: undefined }));
  return `${JSON.stringify({ schema: 'hpl.plan/1', ...plan, store, stages }, undefined, 2)}\n`;
}

function planText({ plan, store }: Planned, io: Io): string {
  const palette = paletteFor(wantsColour(io.stdout.isTTY === true, io.env));
  const { name, version, device } = plan.backend;
  const table = renderTable(stageTable(plan.stages), io.stdout.columns ?? 110, palette);
  return [
    `${palette.bold(plan.pipeline)}  ${plan.file}`,
    `  ${palette.dim('backend')}  ${name} ${version}, ${device}`,
    ...weightsRows(bf16Models(plan)).map(([name, text]) => `  ${palette.dim(name)}  ${text}`),
    `  ${palette.dim('store')}    ${store}`,
    '',
    ...table,
    '',
    conclusion(plan.stages),
    '',
  ].join('\n');
}

function stageTable(stages: readonly PlannedStage[]): Parameters<typeof renderTable>[0] {
  const hasMemory = stages.some(({ memory }) => memory !== undefined);
  return {
    title: '',
    columns: [
      { name: 'stage', align: 'left' },
      { name: 'kind', align: 'left' },
      { name: 'action', align: 'left' },
      ...(hasMemory ? [{ name: 'memory', align: 'right' as const }] : []),
      { name: 'reason', align: 'left' },
      { name: 'after', align: 'left' },
    ],
    rows: stages.map(({ name, kind, action, reason, inputs, memory }) => [
      name,
      kind,
      action,
      ...(hasMemory ? [memoryText(memory)] : []),
      reason,
      inputs.map(({ stage }) => stage).join(', '),
    ]),
    notes: [],
  };
}

/** Nothing where it is not known before the stage starts, and where it does not matter. */
function memoryText(memory: PlannedStage['memory']): string {
  if (memory === undefined) return '';
  return `${memory.atLeast === true ? '≥ ' : ''}${formatBytes(memory.bytes)}`;
}

function conclusion(stages: readonly PlannedStage[]): string {
  const work = stages.filter(({ action }) => action !== 'cached').length;
  if (work === 0) return 'Nothing to compute: every result is in the store.';
  return `${work} of ${stages.length} ${stages.length === 1 ? 'stage' : 'stages'} to compute.`;
}
