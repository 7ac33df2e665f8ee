/** How much of the mixed attention output comes from the linear branch, in one layer. */
export interface LayerShare {
  readonly layer: number;
  /** 1 - mean window weight over queries that have a linear key, heads and items. */
  readonly share: number;
}
