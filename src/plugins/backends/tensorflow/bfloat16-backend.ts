import * as tf from '@tensorflow/tfjs';
import { cast } from '../../../model/bfloat16/rounding.js';
import { elementTypes } from '../../../model/native/element-types.js';
import type {
  NativeAttribute,
  NativeBackend,
  NativeBinding,
  NativeOutput,
} from '../../../model/native/native-backend.js';
import { tensorFrom } from '../../../model/native/operations.js';

/** tfjs's backend on native TensorFlow, as far as it is extended here. */
export interface KernelBackend extends NativeBackend {
  executeSingleOutput(name: string, attributes: Attributes, inputs: Inputs): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: Attributes, inputs: Inputs, outputs: number): tf.Tensor[];
  createOutputTensor(output: NativeOutput): tf.Tensor;
  readSync(dataId: object): tf.backend_util.BackendValues;
}

/** The class of such backends. */
export type KernelBackendClass = new (binding: NativeBinding, packageName: string) => KernelBackend;

/**
 * The backend with tensors of bfloat16 numbers. tfjs has no such type and calls them float32; here every operation
 * that has one among its inputs computes on bfloat16 and gives it, and rounds those of its inputs that are float32.
 */
export function withBfloat16(Base: KernelBackendClass): KernelBackendClass {
  return class extends Base {
    override executeSingleOutput(name: string, attributes: Attributes, inputs: Inputs): tf.Tensor {
      return this.#inOneType({ attributes, inputs }, (same) =>
        super.executeSingleOutput(name, same.attributes, same.inputs),
      );
    }

    override executeMultipleOutputs(
      name: string,
      attributes: Attributes,
      inputs: Inputs,
      outputs: number,
    ): tf.Tensor[] {
      return this.#inOneType({ attributes, inputs }, (same) =>
        super.executeMultipleOutputs(name, same.attributes, same.inputs, outputs),
      );
    }

    override createOutputTensor(output: NativeOutput): tf.Tensor {
      return output.dtype === elementTypes.bfloat16 ? tensorFrom(output) : super.createOutputTensor(output);
    }

    override readSync(dataId: object): tf.backend_util.BackendValues {
      const { shape, dtype } = this.tensorMap.get(dataId);
      if (dtype !== elementTypes.bfloat16) return super.readSync(dataId);
      const numbers = cast({ dataId, shape, dtype: 'float32' }, 'bfloat16', 'float32');
      const values = super.readSync(numbers.dataId);
      numbers.dispose();
      return values;
    }

    /** Runs an operation; where one of its inputs is bfloat16, the float32 ones are rounded first. */
    #inOneType<Result>({ attributes, inputs }: Operands, run: (operands: Operands) => Result): Result {
      const typeOf = ({ dataId }: tf.TensorInfo): number | undefined =>
        // Some operations take whole numbers of 64 bits, which are no tensors of tfjs.
        (dataId as object | undefined) && this.tensorMap.get(dataId).dtype;
      if (!inputs.some((input) => typeOf(input) === elementTypes.bfloat16))
        return run({ attributes, inputs });
      const made: tf.Tensor[] = [];
      const rounded = inputs.map((input) => {
        if (typeOf(input) !== elementTypes.float32) return input;
        const twin = cast(input, 'float32', 'bfloat16');
        made.push(twin);
        return twin;
      });
      const types = attributes.map((attribute) => ofBfloat16(attribute, this.binding));
      const result = run({ attributes: types, inputs: rounded });
      tf.dispose(made);
      return result;
    }
  };
}

function ofBfloat16(attribute: NativeAttribute, { TF_ATTR_TYPE }: NativeBinding): NativeAttribute {
  const isFloat = attribute.type === TF_ATTR_TYPE && attribute.value === elementTypes.float32;
  return isFloat ? { ...attribute, value: elementTypes.bfloat16 } : attribute;
}

type Attributes = readonly NativeAttribute[];
type Inputs = readonly tf.TensorInfo[];

interface Operands {
  readonly attributes: Attributes;
  readonly inputs: Inputs;
}
