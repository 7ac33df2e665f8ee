/** How far something is fetched into a cache. */
export type FetchProgress =
  | { readonly type: 'step'; readonly message: string }
  /** Bytes that are there; `of` is absent where nobody says how many there will be. */
  | { readonly type: 'bytes'; readonly done: number; readonly of?: number };
