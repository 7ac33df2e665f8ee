import { sha256 } from './hash.js';

/** A stream of pseudo-random numbers whose whole state can be saved and restored. */
export interface RandomStream {
  /** Uniform in [0, 1), 32 bits. */
  next(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  /** Standard normal, by Box and Muller. */
  normal(): number;
  /** Serialisable; `restore` continues exactly there. */
  state(): readonly number[];
  restore(state: readonly number[]): void;
}

/** The only randomness in hpl: a name in a tree of names. The same path gives the same stream on every machine. */
export interface Seed {
  readonly path: string;
  /** An independent seed for a named purpose. */
  child(name: string): Seed;
  /** A non-negative 31-bit integer, for libraries that take one. */
  integer(): number;
  stream(): RandomStream;
}

/** The root of all randomness of one pipeline. */
export function rootSeed(value: number): Seed {
  return seedAt(String(value));
}

/** The seed with the given path, as stored in a work order. */
export function seedAt(path: string): Seed {
  const words = (): readonly number[] => {
    const digest = sha256(path);
    return [0, 8, 16, 24].map((start) => Number.parseInt(digest.slice(start, start + 8), 16));
  };
  return {
    path,
    child: (name) => seedAt(`${path}/${name}`),
    integer: () => (words()[0] ?? 0) >>> 1,
    stream: () => sfc32(words()),
  };
}

/** Chris Doty-Humphrey's sfc32 (PractRand): small, fast, passes the usual batteries. */
function sfc32(seed: readonly number[]): RandomStream {
  const words = new Int32Array(4);
  const restore = (state: readonly number[]): void => {
    words.set(state);
  };
  const next = (): number => {
    const [a = 0, b = 0, c = 0, d = 0] = words;
    const sum = (((a + b) | 0) + d) | 0;
    words[0] = b ^ (b >>> 9);
    words[1] = (c + (c << 3)) | 0;
    words[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    words[3] = (d + 1) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  restore(seed);
  for (let round = 0; round < 12; round += 1) next();
  return {
    next,
    integer: (bound) => Math.floor(next() * bound),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    state: () => [...words],
    restore,
  };
}
