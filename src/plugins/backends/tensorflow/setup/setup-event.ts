import type { FusedLack } from '../fused-library.js';
import type { Installation } from '../installation.js';

/** What setup says while it works. */
export type SetupEvent =
  /** A step begins; the text is a sentence for the reader. */
  | { readonly type: 'step'; readonly message: string }
  /** So many bytes of a file are there. `of` is absent where the server does not say. */
  | { readonly type: 'progress'; readonly file: string; readonly bytes: number; readonly of?: number }
  /** Always last. `already`: TensorFlow was ready before. */
  | {
      readonly type: 'ready';
      readonly installation: Installation;
      readonly already: boolean;
      readonly fused: FusedOutcome;
    };

/** What came of the fused operations, without which everything works too. */
export type FusedOutcome =
  { readonly ready: true; readonly already: boolean } | { readonly ready: false; readonly lack: FusedLack };

/** Takes the events that are no result. */
export type Report = (event: Exclude<SetupEvent, { readonly type: 'ready' }>) => void;
