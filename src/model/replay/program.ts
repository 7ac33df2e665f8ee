import type { Handle, NativeAttribute, NativeOutput } from '../native/native-backend.js';

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
  /** What stands behind the inputs; the program frees them. */
  readonly constants: readonly Handle[];
  readonly operations: readonly Operation[];
  /** How far an operation of a graph may run ahead of those before it; as far as it can, if absent. */
  readonly operationsAhead?: number | undefined;
  /** The place, shape and type of each result. */
  readonly results: readonly { readonly place: number; readonly output: NativeOutput }[];
}

/** What was recorded, ready to be done again for other inputs. */
export interface Program {
  /** The results for these inputs, which stay the caller's. The caller owns the results. */
  run(inputs: readonly Handle[]): readonly NativeOutput[];
  /** Frees the program and its constants. */
  dispose(): void;
}
