import type { ComponentValue } from '../../base/signatures.js';
import type { Backend } from '../../runtime/contract/backend.js';
import { defineComponent } from '../../runtime/contract/plugin.js';
import { standardBackends } from './standard-backends.js';

const order: readonly ComponentValue[] = standardBackends.map(({ name }) => ({ plugin: name, options: {} }));

/** The best backend that is ready; never a card that the processor imitates. */
export const auto = defineComponent<Backend>({
  kind: 'backend',
  name: 'auto',
  summary: 'The first backend of "order" that is ready here.',
  options: {
    type: 'object',
    additionalProperties: false,
    properties: {
      order: {
        type: 'array',
        items: { 'x-plugin': 'backend' },
        minItems: 1,
        default: order,
        description: 'Backends to try, from the first.',
      },
    },
  },
  create: async (options, context) => {
    const { AutoBackend } = await import('./auto/auto-backend.js');
    const values = options['order'] as readonly ComponentValue[];
    const candidates = await Promise.all(values.map((value) => context.component<Backend>('backend', value)));
    return new AutoBackend(candidates);
  },
});
