/** What computes: native TensorFlow, WebGPU, WebAssembly, or plain JavaScript. The product of a `backend` component. */
export interface Backend {
  readonly name: string;
  /** Looks whether it could start here, without starting it. Fast, no side effects, never throws. */
  probe(): Promise<BackendStatus>;
  /** Makes it the backend of every tensor operation of this process, with the missing kernels registered. */
  start(): Promise<BackendInfo>;
}

export type BackendStatus =
  | {
      readonly ready: true;
      readonly info: BackendInfo;
      /** What would make it faster on this machine, and is missing: why, and the remedy. `hpl doctor` shows it. */
      readonly advice?: string;
    }
  | { readonly ready: false; readonly reason: string; readonly remedy: string };

/** Shown in the run's header and recorded with it. */
export interface BackendInfo {
  readonly name: string;
  readonly version: string;
  /** `cpu, 1 thread, SIMD`, `NVIDIA H200, 139 GiB`. */
  readonly device: string;
  /** Why it was chosen where others could have been: which came first, and why they are not ready. */
  readonly why?: string;
  /** How many threads compute; absent on a graphics card. */
  readonly threads?: number;
  /** Set where the processor stands in for a graphics card: for trying things out, and never taken by `auto`. */
  readonly software?: true;
  /** Products of bfloat16 numbers: by the device itself, by conversion, or not at all (absent). */
  readonly bf16?: 'native' | 'emulated';
}
