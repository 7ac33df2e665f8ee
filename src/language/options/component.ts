import { closestName } from '../../base/closest-name.js';
import type { Json } from '../../base/json.js';
import type { ComponentKind } from '../../base/plugin-kinds.js';
import type { Body, Name, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { describeSchema, describeValue } from './describe.js';
import { fail, type Place, type Scope } from './scope.js';

/** Reads a component: a bare name, or a name with settings in braces. */
export function evaluateComponent(
  value: Value,
  kind: ComponentKind,
  place: Place,
  scope: Scope,
): Json | undefined {
  const call = asCall(value);
  if (call === undefined) {
    const found = describeValue(value);
    const expected = describeSchema(place.schema);
    fail(scope, place, diagnose('type-mismatch', { key: place.key, found, expected }, { span: value.span }));
    return undefined;
  }
  const known = scope.program.signatures.components.get(kind);
  const signature = known?.get(call.name.text);
  if (signature === undefined) {
    unknownComponent(call.name, kind, place, scope);
    return undefined;
  }
  const own = {
    pointer: `${place.pointer}/options`,
    owner: `the ${words(kind)} "${signature.name}"`,
    head: call.name.span,
  };
  const options = scope.settings(call.body, { ...own, schema: signature.options });
  scope.components.push({ signature, options, place: own });
  return { plugin: signature.name, options };
}

function asCall(value: Value): { readonly name: Name; readonly body: Body } | undefined {
  if (value.kind === 'component') return value;
  if (value.kind !== 'word') return undefined;
  const { text, span } = value;
  const body: Body = { kind: 'body', items: [], isDamaged: false, span: { ...span, start: span.end } };
  return { name: { kind: 'name', text, span }, body };
}

function unknownComponent(name: Name, kind: ComponentKind, place: Place, scope: Scope): undefined {
  const known = [...(scope.program.signatures.components.get(kind)?.keys() ?? [])];
  const close = closestName(name.text, known);
  const fix = close === undefined ? undefined : { span: name.span, text: close };
  const kinds = plural(words(kind));
  const found = { name: name.text, known, kind: words(kind), kinds };
  fail(scope, place, diagnose('unknown-component', found, { span: name.span, fix }));
  return undefined;
}

function words(kind: ComponentKind): string {
  return kind.replaceAll('-', ' ');
}

function plural(noun: string): string {
  return /(?:x|ch|s)$/.test(noun) ? `${noun}es` : `${noun}s`;
}
