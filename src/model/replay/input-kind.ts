import type { Handle, NativeOutput } from '../native/native-backend.js';

/** What inputs have in common that a program fits: types, shapes, and which of them are the same. */
export function inputKind(inputs: readonly NativeOutput[]): string {
  const first = new Map<Handle, number>();
  return inputs
    .map(({ id, dtype, shape }, place) => {
      const same = first.get(id) ?? place;
      first.set(id, same);
      return `${same} ${dtype} ${shape.join(' ')}`;
    })
    .join();
}
