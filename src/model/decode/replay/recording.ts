import type {
  Handle,
  NativeAttribute,
  NativeBackend,
  NativeBinding,
  NativeOutput,
} from '../../native/native-backend.js';

/** An operation as it was seen. */
export interface SeenOperation {
  readonly name: string;
  readonly attributes: readonly NativeAttribute[];
  readonly inputs: readonly Handle[];
  readonly outputs: readonly NativeOutput[];
}

/** What was seen while some work ran. */
export interface Recording {
  /** Operations that depend on the inputs, in their order. What depends on constants alone is a constant. */
  readonly operations: readonly SeenOperation[];
  /** Constants that the work made and gave up. Nobody has freed them yet. */
  readonly abandoned: ReadonlySet<Handle>;
}

/** Runs work and sees every operation that it has TensorFlow execute. `inputs` are what the work depends on. */
export function recorded<Result>(
  backend: NativeBackend,
  inputs: readonly Handle[],
  work: () => Result,
): { readonly result: Result; readonly recording: Recording } {
  const recorder = new Recorder(backend.binding, inputs);
  const { binding } = backend;
  backend.binding = recorder.binding;
  try {
    const result = work();
    return { result, recording: recorder };
  } catch (error) {
    for (const handle of recorder.abandoned) binding.deleteTensor(handle);
    throw error;
  } finally {
    backend.binding = binding;
  }
}

class Recorder implements Recording {
  readonly operations: SeenOperation[] = [];
  readonly abandoned = new Set<Handle>();
  /** The real binding, with two functions that take notes. */
  readonly binding: NativeBinding;
  readonly #dependent: Set<Handle>;

  constructor(
    private readonly real: NativeBinding,
    inputs: readonly Handle[],
  ) {
    this.#dependent = new Set(inputs);
    // The functions of the compiled binding cannot be assigned to, neither there nor below it.
    this.binding = Object.create(real, {
      executeOp: { value: this.#execute.bind(this) },
      deleteTensor: { value: this.#delete.bind(this) },
    }) as NativeBinding;
  }

  #execute(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly Handle[],
    count: number,
  ): readonly NativeOutput[] {
    const outputs = this.real.executeOp(name, attributes, inputs, count);
    if (inputs.some((handle) => this.#dependent.has(handle))) {
      this.operations.push({ name, attributes, inputs: [...inputs], outputs });
      for (const { id } of outputs) this.#dependent.add(id);
    }
    return outputs;
  }

  /** A constant may be read again in a replay, so it outlives the work. */
  #delete(handle: Handle): void {
    if (this.#dependent.has(handle)) this.real.deleteTensor(handle);
    else this.abandoned.add(handle);
  }
}
