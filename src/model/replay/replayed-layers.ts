import * as tf from '@tensorflow/tfjs';
import { nativeBackend, type NativeBackend, type NativeOutput } from '../native/native-backend.js';
import { tensorFrom } from '../native/operations.js';
import { buildProgram } from './build-program.js';
import { inputKind } from './input-kind.js';
import type { Program } from './program.js';
import { RecordingIdentities } from './recording-identity.js';
import { forget, recorded } from './recording.js';
import { leavesOf, nativeLeaves, pathsOf, withLeaves, type TensorTree } from './tensor-tree.js';

/**
 * Work that takes some rows at a time to save memory would take all at once where nothing held it back. With less room
 * the processor's cores wait for one another.
 */
const operationsAhead = 64;

/** A program, and the form of its results. */
interface Made<Results> {
  readonly program: Program;
  readonly form: Results;
}

/** What is known of work at one place on inputs of one kind. */
type Known<Results> =
  | { readonly state: 'seen once' | 'confirmed'; readonly identity: string; readonly made: Made<Results> }
  | { readonly state: 'changing' };

/**
 * Work that is done for every layer of a model in every step of training. On native TensorFlow it is recorded at each
 * layer's first two calls; where both recordings do the same with the same constants, later calls replay it without
 * tfjs. Layers whose recordings do the same share one program. Work that is random inside, that reads its numbers, or
 * that changes from the first step to the second stays as it is. Elsewhere the work just runs.
 */
export class ReplayedLayers<Results extends TensorTree> {
  /** By what they do. */
  readonly #programs = new Map<string, Made<Results>>();
  readonly #known = new Map<string, Known<Results>>();
  #identities: RecordingIdentities | undefined;

  /**
   * The results of work that is a pure function of these inputs and of what never changes at this place; the place says
   * what makes the work different from other work on such inputs, as the number of the layer. The inputs stay the
   * caller's. The caller owns the results, which are none of the inputs.
   */
  run(inputs: TensorTree, place: string, work: () => Results): Results {
    const backend = nativeBackend();
    const once = (): Results => tf.tidy(() => work() as Results & tf.TensorContainer);
    if (backend === undefined) return once();
    const given = nativeLeaves(inputs);
    const key = `${place}; ${pathsOf(inputs).join()}; ${inputKind(given)}`;
    const known = this.#known.get(key);
    if (known?.state === 'changing') return once();
    if (known?.state === 'confirmed') return replay(known.made, given);
    return this.#record(backend, { key, given, known, work: once });
  }

  /** Forgets what was recorded. */
  dispose(): void {
    for (const { program } of this.#programs.values()) program.dispose();
    this.#programs.clear();
    this.#known.clear();
    this.#identities = undefined;
  }

  /** Even what is recorded is done again by the program, so that no number depends on when training was resumed. */
  #record(backend: NativeBackend, call: Call<Results>): Results {
    const { binding } = backend;
    const { key, given, known, work } = call;
    const { result, recording } = recorded(
      backend,
      given.map(({ id }) => id),
      work,
    );
    const recordedWork = { recording, inputs: given, results: nativeLeaves(result) };
    this.#identities ??= new RecordingIdentities(binding);
    const identity = `${pathsOf(result).join()}; ${this.#identities.of(recordedWork)}`;
    const isSame = known === undefined || (known.state !== 'changing' && known.identity === identity);
    if (!recording.isComplete || !isSame) {
      forget(binding, recording);
      this.#known.set(key, { state: 'changing' });
      return result;
    }
    let made = this.#programs.get(identity);
    if (made === undefined) {
      const onProcessor = !backend.isUsingGpuDevice;
      const program = buildProgram(binding, { ...recordedWork, onProcessor, operationsAhead });
      made = { program, form: result };
      this.#programs.set(identity, made);
    } else forget(binding, recording);
    this.#known.set(key, { state: known === undefined ? 'seen once' : 'confirmed', identity, made });
    tf.dispose([...leavesOf(result)]);
    return replay(made, given);
  }
}

interface Call<Results> {
  readonly key: string;
  readonly given: readonly NativeOutput[];
  readonly known: Known<Results> | undefined;
  readonly work: () => Results;
}

function replay<Results extends TensorTree>(
  { program, form }: Made<Results>,
  given: readonly NativeOutput[],
): Results {
  return withLeaves(form, program.run(given.map(({ id }) => id)).map(tensorFrom));
}
