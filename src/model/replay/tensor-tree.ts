import * as tf from '@tensorflow/tfjs';
import type { NativeOutput } from '../native/native-backend.js';
import { elementTypeOf, handleOf } from '../native/operations.js';

/** Tensors in lists and records, nested as one likes. */
export type TensorTree = tf.Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** The tensors of a tree, in the order of its lists and names. */
export function leavesOf(tree: TensorTree): readonly tf.Tensor[] {
  return tree instanceof tf.Tensor ? [tree] : Object.values(tree).flatMap(leavesOf);
}

/** The same as TensorFlow knows them; the handles stay the tensors' own. */
export function nativeLeaves(tree: TensorTree): readonly NativeOutput[] {
  return leavesOf(tree).map((tensor) => ({
    id: handleOf(tensor),
    shape: tensor.shape,
    dtype: elementTypeOf(tensor),
  }));
}

/** Where in a tree its tensors stand, in the order of `leavesOf`. */
export function pathsOf(tree: TensorTree, path = ''): readonly string[] {
  if (tree instanceof tf.Tensor) return [path];
  return Object.entries(tree).flatMap(([name, part]) => pathsOf(part, `${path}/${name}`));
}

/** A tree of the same form with other tensors, which come in the order of `leavesOf`. */
export function withLeaves<Tree extends TensorTree>(form: Tree, leaves: readonly tf.Tensor[]): Tree {
  const rest = leaves.values();
  return filled(form, rest) as Tree;
}

function filled(form: TensorTree, rest: Iterator<tf.Tensor, undefined>): TensorTree {
  if (form instanceof tf.Tensor) return rest.next().value ?? form;
  if (isList(form)) return form.map((part) => filled(part, rest));
  return Object.fromEntries(Object.entries(form).map(([name, part]) => [name, filled(part, rest)]));
}

function isList(tree: TensorTree): tree is readonly TensorTree[] {
  return Array.isArray(tree);
}
