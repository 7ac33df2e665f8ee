import type { Palette } from './palette.js';
import { renderTable } from './render-table.js';
import { readTables } from './result-table.js';
import { gateLines } from './run-words.js';
import type { RunState } from './run-state.js';
import type { StageState } from './stage-state.js';

/** The results of a run: every stage's tables and gate verdicts, in the order of the plan, separated by empty lines. */
export function resultView(state: RunState, width: number, palette: Palette): readonly string[] {
  const parts = [...state.stages.values()].flatMap((stage) => stageResults(stage, width, palette));
  return parts.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function stageResults(stage: StageState, width: number, palette: Palette): readonly (readonly string[])[] {
  const tables = stage.summary === undefined ? [] : readTables(stage.summary);
  return [
    ...tables.map((table) => renderTable(table, width, palette)),
    ...stage.gates.map((gate) => gateLines(gate, width, palette)),
  ];
}
