/** Python's generator of pseudo-random numbers, by which lm-evaluation-harness draws worked examples. */
export class PythonRandom {
  private readonly words = new Uint32Array(stateSize);
  private used = stateSize;

  /** The stream of `random.Random(seed)`, for a whole number from 0 below 2^32. */
  constructor(seed: number) {
    seedByArray(this.words, seed);
  }

  /** `random.sample(range(population), count)`. Throws `RangeError` where the population is smaller. */
  sample(population: number, count: number): readonly number[] {
    if (count > population) throw new RangeError('sample larger than population');
    // CPython draws from a list where that is smaller than a set of what is drawn.
    const sizeOfSet = count > 5 ? 21 + 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 21;
    return population <= sizeOfSet ? this.fromList(population, count) : this.fromSet(population, count);
  }

  private fromList(population: number, count: number): readonly number[] {
    const pool = Array.from({ length: population }, (_, index) => index);
    return Array.from({ length: count }, (_, drawn) => {
      const place = this.below(population - drawn);
      const value = pool[place] ?? 0;
      pool[place] = pool[population - drawn - 1] ?? 0;
      return value;
    });
  }

  private fromSet(population: number, count: number): readonly number[] {
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(this.below(population));
    return [...drawn];
  }

  /** Uniform in [0, bound): as many bits as the bound has, again until they are below it. */
  private below(bound: number): number {
    const unused = Math.clz32(bound);
    let value = this.next() >>> unused;
    while (value >= bound) value = this.next() >>> unused;
    return value;
  }

  /** 32 bits. */
  private next(): number {
    if (this.used === stateSize) {
      twist(this.words);
      this.used = 0;
    }
    let word = this.words[this.used++] ?? 0;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }
}

/** Matsumoto and Nishimura 1998, MT19937. */
const [stateSize, shift] = [624, 397];

function twist(words: Uint32Array): void {
  for (let index = 0; index < stateSize; index += 1) {
    const next = words[(index + 1) % stateSize] ?? 0;
    const joined = ((words[index] ?? 0) & 0x80000000) | (next & 0x7fffffff);
    const other = words[(index + shift) % stateSize] ?? 0;
    words[index] = other ^ (joined >>> 1) ^ ((next & 1) === 0 ? 0 : 0x9908b0df);
  }
}

/** Their `init_by_array` with the one key `seed`, which is how CPython takes a whole number. */
function seedByArray(words: Uint32Array, seed: number): void {
  words[0] = 19650218;
  for (let index = 1; index < stateSize; index += 1) words[index] = mixed(words, index, 1812433253) + index;
  let place = 1;
  const advance = (): void => {
    place += 1;
    if (place < stateSize) return;
    words[0] = words[stateSize - 1] ?? 0;
    place = 1;
  };
  for (let round = 0; round < stateSize; round += 1) {
    words[place] = ((words[place] ?? 0) ^ mixed(words, place, 1664525)) + seed;
    advance();
  }
  for (let round = 1; round < stateSize; round += 1) {
    words[place] = ((words[place] ?? 0) ^ mixed(words, place, 1566083941)) - place;
    advance();
  }
  words[0] = 0x80000000;
}

function mixed(words: Uint32Array, index: number, factor: number): number {
  const before = words[index - 1] ?? 0;
  return Math.imul(before ^ (before >>> 30), factor);
}
