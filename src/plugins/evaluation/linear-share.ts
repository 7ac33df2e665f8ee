/** How much of the mixed attention output comes from the linear branch, in one layer. */
export interface LayerShare {
  readonly layer: number;
  /** 1 - mean g, the weight that the mix gives the linear branch; a constant where g is fixed. */
  readonly byWeight: number;
  /** Mean norm of the linear branch's contribution over the sum of both branches' norms. */
  readonly byNorm: number;
}

/** The shares of all layers. */
export interface LinearShares {
  /** Whether the mix decides g from what it sees. A fixed g says nothing by itself, so the norms are read instead. */
  readonly dynamic: boolean;
  readonly layers: readonly LayerShare[];
}

/** The share of a layer that says something: by weight where the mix decides, else by norm. */
export function tellingShare(shares: LinearShares, layer: LayerShare): number {
  return shares.dynamic ? layer.byWeight : layer.byNorm;
}
