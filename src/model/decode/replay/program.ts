import type { Handle } from '../../bfloat16/native-operations.js';
import type { NativeAttribute, NativeBinding, NativeOutput } from './native-binding.js';

/** One operation on numbered places: the inputs of the program come first, then its constants, then what it computes. */
export interface Operation {
  readonly name: string;
  readonly attributes: readonly NativeAttribute[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Places that no later operation reads. */
  readonly finished: readonly number[];
}

/** What a program consists of. */
export interface ProgramParts {
  /** Shapes and types of the inputs. */
  readonly inputs: readonly NativeOutput[];
  /** Handles behind the inputs. */
  readonly constants: readonly Handle[];
  /** Those of the constants that nobody else frees. */
  readonly owned: readonly Handle[];
  readonly operations: readonly Operation[];
  /** The place, shape and type of each result. */
  readonly results: readonly { readonly place: number; readonly output: NativeOutput }[];
}

/** A fixed sequence of TensorFlow's operations, run without the bookkeeping that tfjs does around each. */
export class Program {
  readonly #places: Handle[];

  constructor(
    private readonly binding: NativeBinding,
    private readonly parts: ProgramParts,
  ) {
    this.#places = [...parts.inputs.map(() => -1), ...parts.constants];
  }

  /** The results for these inputs, which stay the caller's. The caller owns the results. */
  run(inputs: readonly Handle[]): readonly NativeOutput[] {
    const places = this.#places;
    for (const [place, handle] of inputs.entries()) places[place] = handle;
    for (const operation of this.parts.operations) this.#execute(operation);
    return this.parts.results.map(({ place, output }) => ({ ...output, id: places[place] ?? -1 }));
  }

  /** Frees its constants. */
  dispose(): void {
    for (const handle of this.parts.owned) this.binding.deleteTensor(handle);
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
