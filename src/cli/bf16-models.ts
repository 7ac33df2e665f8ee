import type { Plan } from '../runtime/planned.js';

/** The stages whose models keep their frozen weights in bf16. */
export function bf16Models({ stages }: Plan): readonly string[] {
  return stages
    .filter(({ output, options }) => output === 'model' && options['precision'] === 'bf16')
    .map(({ name }) => name);
}
