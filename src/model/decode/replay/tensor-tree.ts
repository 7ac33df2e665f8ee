import * as tf from '@tensorflow/tfjs';

/** Tensors in lists and records, nested as one likes. */
export type TensorTree = tf.Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** The tensors of a tree, in the order of its lists and names. */
export function leavesOf(tree: TensorTree): readonly tf.Tensor[] {
  return tree instanceof tf.Tensor ? [tree] : Object.values(tree).flatMap(leavesOf);
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
