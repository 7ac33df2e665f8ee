import type { Value } from '../ast.js';
import type { Place, Scope } from './scope.js';

/**
 * Puts the value of a param in place of its name. A name that stands inside a param's own value is not looked up
 * again, so params cannot go in circles.
 */
export function substitute(value: Value, place: Place, scope: Scope): readonly [Value, Place] {
  if (value.kind !== 'word' || place.via !== undefined) return [value, place];
  const param = scope.program.params.get(value.text);
  return param === undefined ? [value, place] : [param.value, { ...place, via: value.span }];
}
