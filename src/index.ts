export { defineComponent, defineStage } from './runtime/contract/plugin.js';
