/**
 * The children of a node under one label. The generated types promise those that the grammar demands; after error
 * recovery even these may be absent, so children are read through here alone.
 */
export function all<Child>(children: readonly Child[] | undefined): readonly Child[] {
  return children ?? [];
}

/** The first child under a label, if there is one. */
export function first<Child>(children: readonly Child[] | undefined): Child | undefined {
  return children?.[0];
}
