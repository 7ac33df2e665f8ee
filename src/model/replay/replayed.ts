import * as tf from '@tensorflow/tfjs';
import { nativeBackend, type NativeBackend, type NativeOutput } from '../native/native-backend.js';
import { tensorFrom } from '../native/operations.js';
import { buildProgram } from './build-program.js';
import { inputKind } from './input-kind.js';
import type { Program } from './program.js';
import { recorded } from './recording.js';
import { nativeLeaves, withLeaves, type TensorTree } from './tensor-tree.js';

/**
 * Work on tensors that is done again and again: a pure function of its inputs' numbers, but for inputs that it
 * overwrites on purpose. On native TensorFlow the operations of one call are recorded, and calls with inputs of the
 * same shapes replay them without tfjs, which costs more than most of these operations do themselves. What the work
 * computes from other tensors than its inputs is computed once. Elsewhere the work just runs.
 */
export class Replayed<Inputs extends TensorTree, Results extends TensorTree> {
  #program: { readonly kind: string; readonly program: Program; readonly form: Results } | undefined;
  #lastKind = '';

  constructor(private readonly work: (inputs: Inputs) => Results) {}

  /** The inputs stay the caller's. The caller owns the results. */
  run(inputs: Inputs): Results {
    const backend = nativeBackend();
    if (backend === undefined) return this.once(inputs);
    const given = nativeLeaves(inputs);
    const kind = inputKind(given);
    if (this.#program?.kind === kind) {
      const made = this.#program.program.run(given.map(({ id }) => id));
      return withLeaves(this.#program.form, made.map(tensorFrom));
    }
    // A shape that comes once, as while a memory fills up, is not worth a recording.
    const isRepeated = this.#lastKind === kind;
    this.#lastKind = kind;
    return isRepeated ? this.#record(backend, inputs, { given, kind }) : this.once(inputs);
  }

  /** The same for inputs of shapes that will not come again soon. */
  once(inputs: Inputs): Results {
    return tf.tidy(() => this.work(inputs) as Results & tf.TensorContainer);
  }

  /** Forgets what was recorded. */
  dispose(): void {
    this.#program?.program.dispose();
    this.#program = undefined;
  }

  #record(backend: NativeBackend, inputs: Inputs, { given, kind }: InputsSeen): Results {
    this.dispose();
    const { result, recording } = recorded(
      backend,
      given.map(({ id }) => id),
      () => this.once(inputs),
    );
    const source = { recording, inputs: given, results: nativeLeaves(result) };
    const onProcessor = !backend.isUsingGpuDevice;
    const program = buildProgram(backend.binding, { ...source, onProcessor });
    this.#program = { kind, program, form: result };
    return result;
  }
}

/** Inputs as TensorFlow knows them. */
interface InputsSeen {
  readonly given: readonly NativeOutput[];
  readonly kind: string;
}
