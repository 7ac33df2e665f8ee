import type { StageEvent } from '../runtime/contract/stage.js';

type ProgressEvent = Extract<StageEvent, { type: 'progress' }>;

const parts = 200;

/** Says how many bytes of a whole are done, at most so many times as there are parts, in kB or MB. */
export function byteProgress(): (done: number, of?: number) => Generator<ProgressEvent, void, undefined> {
  let told = -1;
  return function* (done, of) {
    const part = partOf(done, of);
    if (part === told) return;
    told = part;
    const [size, unit] = of !== undefined && of < 10e6 ? [1e3, 'kB'] : [1e6, 'MB'];
    const whole = Math.ceil((of ?? done) / size);
    yield { type: 'progress', step: Math.min(Math.ceil(done / size), whole), of: whole, unit };
  };
}

/** Of an unknown whole, the megabytes are counted. */
function partOf(done: number, of: number | undefined): number {
  if (of === undefined) return Math.floor(done / 1e6);
  return of === 0 ? parts : Math.floor((parts * done) / of);
}
