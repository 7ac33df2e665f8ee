import type { SourceStep } from '../source.js';

const parts = 200;

/** Says how many bytes of a whole are done, at most so many times as there are parts, in kB or MB. */
export function progressIn(): (done: number, of: number) => Generator<SourceStep, void, undefined> {
  let told = -1;
  return function* (done, of) {
    const part = of === 0 ? parts : Math.floor((parts * done) / of);
    if (part === told) return;
    told = part;
    const [size, unit] = of < 10e6 ? [1e3, 'kB'] : [1e6, 'MB'];
    yield {
      type: 'progress',
      step: Math.min(Math.ceil(done / size), Math.ceil(of / size)),
      of: Math.ceil(of / size),
      unit,
    };
  };
}
