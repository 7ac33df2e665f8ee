import { InternalError } from '../../base/unreachable.js';
import { sha256 } from '../../base/hash.js';
import { elementTypes } from '../native/element-types.js';
import type { Handle, NativeBinding, NativeOutput } from '../native/native-backend.js';
import type { Recording } from './recording.js';

/** What was recorded, and which of its values come in and go out. */
export interface RecordedWork {
  readonly recording: Recording;
  readonly inputs: readonly NativeOutput[];
  readonly results: readonly NativeOutput[];
}

/** Tells recordings apart by what they do: operations, their settings, their order, and the numbers of constants. */
export class RecordingIdentities {
  /** TensorFlow gives no handle twice. */
  readonly #numbers = new Map<Handle, string>();

  constructor(private readonly binding: NativeBinding) {}

  /** The same for two recordings that give the same results for the same inputs. */
  of({ recording, inputs, results }: RecordedWork): string {
    const names = new Map(inputs.map(({ id }, place) => [id, `input ${place}`]));
    const nameOf = (handle: Handle): string => names.get(handle) ?? this.#numbersOf(handle);
    const lines = recording.operations.map(({ name, attributes, inputs: operands, outputs }) => {
      const line = [
        name,
        attributes,
        operands.map(nameOf),
        outputs.map(({ dtype, shape }) => [dtype, shape]),
      ];
      for (const { id } of outputs) names.set(id, `value ${names.size}`);
      return line;
    });
    return sha256(JSON.stringify([...lines, results.map(({ id }) => nameOf(id))]));
  }

  #numbersOf(handle: Handle): string {
    const known = this.#numbers.get(handle) ?? digest(this.binding, handle);
    this.#numbers.set(handle, known);
    return known;
  }
}

function digest(binding: NativeBinding, handle: Handle): string {
  const made = (name: string, settings: Readonly<Record<string, number>>, of: Handle): NativeOutput => {
    const attributes = Object.entries(settings).map(([name, value]) => ({
      name,
      type: binding.TF_ATTR_TYPE,
      value,
    }));
    const [output] = binding.executeOp(name, attributes, [of], 1);
    if (output === undefined) throw new InternalError(`TensorFlow gave no output of ${name}`);
    return output;
  };
  const copy = made('Identity', {}, handle);
  // The binding cannot read bfloat16.
  const { bfloat16: SrcT, float32: DstT } = elementTypes;
  const readable = copy.dtype === SrcT ? made('Cast', { SrcT, DstT }, handle) : copy;
  const { buffer, byteOffset, byteLength } = binding.tensorDataSync(readable.id);
  const numbers = sha256(new Uint8Array(buffer, byteOffset, byteLength));
  for (const id of new Set([copy.id, readable.id])) binding.deleteTensor(id);
  return `constant ${copy.dtype} ${copy.shape.join(' ')} ${numbers}`;
}
