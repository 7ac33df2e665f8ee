import { homedir } from 'node:os';
import process from 'node:process';
import type { Backend } from '../../runtime/contract/backend.js';
import { defineComponent } from '../../runtime/contract/plugin.js';

/** Native TensorFlow: several times faster than WebAssembly, and the way to a CUDA card. */
export const tensorflow = defineComponent<Backend>({
  kind: 'backend',
  name: 'tensorflow',
  summary: 'Native TensorFlow on the processor or a CUDA card. Prepared once by "npx hpl setup".',
  source: 'TensorFlow through @tensorflow/tfjs-node-gpu',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      device: {
        type: 'string',
        enum: ['auto', 'cpu', 'gpu'],
        default: 'auto',
        description: 'Where to compute: on a CUDA card, on the processor, or on a card where there is one.',
      },
    },
  },
  create: async ({ device }) => {
    const { cacheFolder } = await import('../packages/cache-folder.js');
    const { TensorflowBackend } = await import('./tensorflow/tensorflow-backend.js');
    const choice = device === 'cpu' || device === 'gpu' ? device : 'auto';
    // TensorFlow reads its settings from the environment of the process, so the process itself is the argument here.
    const machine = {
      cache: cacheFolder(process.env, homedir()),
      environment: process.env,
      platform: `${process.platform}-${process.arch}`,
    };
    return new TensorflowBackend(machine, choice);
  },
});
