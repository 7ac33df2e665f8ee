import type { NativeAttribute } from '../native/native-backend.js';
import { message, type Field } from './protocol-message.js';

/** A value of a graph: an output of the operation at a place. */
export interface GraphValue {
  readonly node: string;
  readonly index: number;
}

/** An operation in a graph. */
export interface GraphNode {
  readonly name: string;
  readonly operation: string;
  readonly inputs: readonly GraphValue[];
  /** Names of nodes that have to be done before. */
  readonly after: readonly string[];
  readonly attributes: readonly (readonly [name: string, value: Uint8Array])[];
}

/** TensorFlow's numbers of the kinds of attributes. */
const kinds = { string: 0, int: 1, float: 2, bool: 3, type: 4 } as const;

/** An attribute as the binding takes it, as the message AttrValue; undefined for kinds that no operation here has. */
export function attributeMessage({ type, value }: NativeAttribute): Uint8Array | undefined {
  if (type === kinds.string && typeof value === 'string') return message([2, value]);
  if (type === kinds.int && typeof value === 'number') return message([3, value]);
  if (type === kinds.float && typeof value === 'number') return message([4, Float32Array.of(value)]);
  if (type === kinds.bool && typeof value === 'boolean') return message([5, value ? 1 : 0]);
  if (type === kinds.type && typeof value === 'number') return typeMessage(value);
  return undefined;
}

/** AttrValue of a type of elements. */
export function typeMessage(dtype: number): Uint8Array {
  return message([6, dtype]);
}

/** AttrValue of a shape. */
export function shapeMessage(shape: readonly number[]): Uint8Array {
  return message([7, dimensionsMessage(shape)]);
}

/** AttrValue of a tensor: TensorProto with its content as the machine keeps it. */
export function tensorMessage(dtype: number, shape: readonly number[], content: Uint8Array): Uint8Array {
  return message([8, message([1, dtype], [2, dimensionsMessage(shape)], [4, content])]);
}

function dimensionsMessage(shape: readonly number[]): Uint8Array {
  return message(...shape.map((size): Field => [2, message([1, size])]));
}

/** SavedModel with one graph, under the tag "serve". */
export function savedModelMessage(nodes: readonly GraphNode[]): Uint8Array {
  // The producer's version decides over old forms of operations; any of TensorFlow 2 will do.
  const versions = message([1, 1882]);
  const graph = message(...nodes.map((node): Field => [1, nodeMessage(node)]), [4, versions]);
  return message([1, 1], [2, message([1, message([4, 'serve'])], [2, graph])]);
}

function nodeMessage({ name, operation, inputs, after, attributes }: GraphNode): Uint8Array {
  const names = [
    ...inputs.map(({ node, index }) => (index === 0 ? node : `${node}:${index}`)),
    ...after.map((node) => `^${node}`),
  ];
  return message(
    [1, name],
    [2, operation],
    ...names.map((input): Field => [3, input]),
    ...attributes.map(([key, value]): Field => [5, message([1, key], [2, value])]),
  );
}
