import type {
  Handle,
  NativeAttribute,
  NativeBackend,
  NativeBinding,
  NativeOutput,
} from '../native/native-backend.js';

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
  /** Whether the operations are all that became of the inputs: no number was read, and no graph ran. */
  readonly isComplete: boolean;
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
    forget(binding, recorder);
    throw error;
  } finally {
    backend.binding = binding;
  }
}

/** Frees what a recording holds that nothing is made of. */
export function forget(binding: NativeBinding, { abandoned }: Recording): void {
  for (const handle of abandoned) binding.deleteTensor(handle);
}

class Recorder implements Recording {
  readonly operations: SeenOperation[] = [];
  readonly abandoned = new Set<Handle>();
  isComplete = true;
  /** The real binding, with functions that take notes. */
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
      tensorDataSync: { value: this.#read.bind(this) },
      runSavedModel: { value: this.#runGraph.bind(this) },
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

  /** What is read may decide what is done next. */
  #read(handle: Handle): ArrayBufferView {
    if (this.#dependent.has(handle)) this.isComplete = false;
    return this.real.tensorDataSync(handle);
  }

  #runGraph(...how: Parameters<NativeBinding['runSavedModel']>): readonly NativeOutput[] {
    this.isComplete = false;
    return this.real.runSavedModel(...how);
  }
}
