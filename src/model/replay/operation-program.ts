import type { Handle, NativeBinding, NativeOutput } from '../native/native-backend.js';
import type { Operation, Program, ProgramParts } from './program.js';

/** A program executed operation by operation, without the bookkeeping that tfjs does around each. */
export class OperationProgram implements Program {
  readonly #places: Handle[];

  constructor(
    private readonly binding: NativeBinding,
    private readonly parts: ProgramParts,
  ) {
    this.#places = [...parts.inputs.map(() => -1), ...parts.constants];
  }

  run(inputs: readonly Handle[]): readonly NativeOutput[] {
    const places = this.#places;
    for (const [place, handle] of inputs.entries()) places[place] = handle;
    for (const operation of this.parts.operations) this.#execute(operation);
    return this.parts.results.map(({ place, output }) => ({ ...output, id: places[place] ?? -1 }));
  }

  dispose(): void {
    for (const handle of this.parts.constants) this.binding.deleteTensor(handle);
  }

  #execute({ name, attributes, inputs, outputs, finished }: Operation): void {
    const places = this.#places;
    const handles = inputs.map((place) => places[place] ?? -1);
    const made = this.binding.executeOp(name, attributes, handles, outputs.length);
    for (let index = 0; index < outputs.length; index += 1)
      places[outputs[index] ?? 0] = made[index]?.id ?? -1;
    for (const place of finished) this.binding.deleteTensor(places[place] ?? -1);
  }
}
