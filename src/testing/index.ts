export { checkStageContract, type ContractTest } from './check-stage-contract.js';
export { runStage, type Drive, type StageTest, type StageTrial } from './run-stage.js';
export { testStage, type DefineTest } from './test-stage.js';
