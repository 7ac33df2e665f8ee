import type { StagePlugin } from '../runtime/contract/plugin.js';
import { checkStageContract, type ContractTest } from './check-stage-contract.js';

/** The one function of a test runner that is needed here: vitest's and node:test's `test` both fit. */
export type DefineTest = (name: string, body: () => Promise<void>) => unknown;

/** Adds a test that a stage keeps the contract; its failure names every breach. */
export function testStage(define: DefineTest, plugin: StagePlugin, test: ContractTest): void {
  define(`the stage "${plugin.kind}" keeps the contract of stages`, async () => {
    const breaches = await checkStageContract(plugin, test);
    if (breaches.length > 0) throw new Error(breaches.join('\n'));
  });
}
