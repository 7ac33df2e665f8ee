import { elementTypes } from '../native/element-types.js';
import type { Handle } from '../native/native-backend.js';
import type { SeenOperation } from './recording.js';

/** Multiplications up to which a batch of products costs less on one core than the start of a second one. */
const fewMultiplications = 200_000;

/**
 * Products on a processor by the kernel that fits them. TensorFlow hands version 2 to oneDNN, which takes four times
 * as long to start; version 3 is Eigen's, as fast for one row of numbers and slower for large batches.
 */
export function fittingProduct(
  operation: SeenOperation,
  shapes: ReadonlyMap<Handle, readonly number[]>,
): SeenOperation {
  if (operation.name !== 'BatchMatMulV2') return operation;
  const settings = new Map(operation.attributes.map((attribute) => [attribute.name, attribute]));
  const type = settings.get('T');
  if (type?.value !== elementTypes.float32 || !isSmall(operation, shapes)) return operation;
  const attributes = [
    ...operation.attributes.filter(({ name }) => name !== 'T'),
    ...['Ta', 'Tb', 'Tout'].map((name) => ({ ...type, name })),
  ];
  return { ...operation, name: 'BatchMatMulV3', attributes };
}

function isSmall(operation: SeenOperation, shapes: ReadonlyMap<Handle, readonly number[]>): boolean {
  const output = operation.outputs[0]?.shape ?? [];
  const depth = innerSize(operation, shapes);
  if (depth === undefined) return false;
  const isOneRow = output.length === 2 && output[0] === 1;
  return isOneRow || output.reduce((product, size) => product * size, depth) <= fewMultiplications;
}

/** The length of the sums, from a factor whose shape is known. */
function innerSize(
  { inputs, attributes }: SeenOperation,
  shapes: ReadonlyMap<Handle, readonly number[]>,
): number | undefined {
  const isTransposed = (name: string): boolean =>
    attributes.find((attribute) => attribute.name === name)?.value === true;
  const [first = [], second = []] = inputs.map((handle) => shapes.get(handle));
  return first.at(isTransposed('adj_x') ? -2 : -1) ?? second.at(isTransposed('adj_y') ? -1 : -2);
}
