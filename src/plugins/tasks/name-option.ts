import type { OptionSchema } from '../../base/json-schema.js';

/** The option that names a task, which is `name` where it is not written. */
export function nameOption<const Name extends string>(name: Name) {
  return {
    type: 'string',
    pattern: '^[a-z][a-z0-9_]*$',
    default: name,
    description: 'The name of the task in metrics and tables.',
  } as const satisfies OptionSchema;
}
