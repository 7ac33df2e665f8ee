import type { Json } from '../../base/json.js';

/** A number that JSON can hold: not-a-number and infinities become strings, as in `hpl.events/1`. */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** The number that `jsonNumber` wrote. */
export function numberFromJson(value: Json | undefined): number {
  return typeof value === 'number' ? value : Number(value);
}
