import * as tf from '@tensorflow/tfjs';
import {
  nativeBackend,
  type Handle,
  type NativeBackend,
  type NativeOutput,
} from '../../native/native-backend.js';
import { elementTypeOf, handleOf, tensorFrom } from '../../native/operations.js';
import { buildProgram } from './build-program.js';
import type { Program } from './program.js';
import { recorded } from './recording.js';
import { leavesOf, withLeaves, type TensorTree } from './tensor-tree.js';

/**
 * Work on tensors that is done again and again: a pure function of its inputs' numbers, but for inputs that it
 * overwrites on purpose. On native TensorFlow the operations of one call are recorded, and calls with inputs of the
 * same shapes replay them without tfjs, which costs more than most of these operations do themselves. What the work
 * computes from other tensors than its inputs is computed once. Elsewhere the work just runs.
 */
export class Replayed<Inputs extends TensorTree, Results extends TensorTree> {
  #program: { readonly kind: string; readonly program: Program; readonly form: Results } | undefined;
  #lastKind = '';

  /** Tensors that the work reads beside its inputs have to outlive this object. */
  constructor(private readonly work: (inputs: Inputs) => Results) {}

  /** The inputs stay the caller's. The caller owns the results. */
  run(inputs: Inputs): Results {
    const backend = nativeBackend();
    if (backend === undefined) return this.once(inputs);
    const leaves = leavesOf(inputs);
    const handles = leaves.map(handleOf);
    const kind = kindOf(leaves, handles);
    if (this.#program?.kind === kind) {
      const made = this.#program.program.run(handles);
      return withLeaves(this.#program.form, made.map(tensorFrom));
    }
    // A shape that comes once, as while a memory fills up, is not worth a recording.
    const isRepeated = this.#lastKind === kind;
    this.#lastKind = kind;
    return isRepeated ? this.#record(backend, inputs, kind) : this.once(inputs);
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

  #record(backend: NativeBackend, inputs: Inputs, kind: string): Results {
    this.dispose();
    const valueOf = (tensor: tf.Tensor): NativeOutput => ({
      id: handleOf(tensor),
      shape: tensor.shape,
      dtype: elementTypeOf(tensor),
    });
    const given = leavesOf(inputs).map(valueOf);
    const { result, recording } = recorded(
      backend,
      given.map(({ id }) => id),
      () => this.once(inputs),
    );
    const results = leavesOf(result).map(valueOf);
    const onProcessor = !backend.isUsingGpuDevice;
    const program = buildProgram(backend.binding, { recording, inputs: given, results, onProcessor });
    this.#program = { kind, program, form: result };
    return result;
  }
}

/** What inputs have in common that a program fits: types, shapes, and which of them are the same. */
function kindOf(leaves: readonly tf.Tensor[], handles: readonly Handle[]): string {
  return leaves
    .map(({ shape, dtype }, place) => `${handles.indexOf(handles[place] ?? -1)} ${dtype} ${shape.join(' ')}`)
    .join();
}
