import { closestName } from '../../base/closest-name.js';
import type { Diagnostic } from '../../base/diagnostic.js';
import type { Json, JsonObject } from '../../base/json.js';
import type { OptionProblem } from '../../base/signatures.js';
import type { Span } from '../../base/span.js';
import type { Body, Setting } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import { fillComponents } from './fill-components.js';
import type { Scope, SettingsPlace } from './scope.js';

/** Settings that were written but are not in the options, with why nothing more is to be said about them. */
interface Read {
  readonly options: Record<string, Json>;
  /** Failed, or most likely meant by a misspelt key. */
  readonly accounted: ReadonlySet<string>;
}

/** Reads settings in braces: each by its schema, then all together by the validator, which fills in defaults. */
export function evaluateSettings(body: Body, place: SettingsPlace, scope: Scope): JsonObject {
  const { options, accounted } = readEach(body, place, scope);
  const validated = scope.program.signatures.validate(place.schema, options);
  for (const problem of validated.problems) {
    if (problem.keyword === 'required') {
      scope.poison();
      if (body.isDamaged || accounted.has(problem.key ?? '')) continue;
    }
    scope.report(diagnoseProblem(problem, place, scope.places));
  }
  return fillComponents(place.schema, validated.options, scope.program.signatures);
}

function readEach(body: Body, place: SettingsPlace, scope: Scope): Read {
  const options: Record<string, Json> = {};
  const accounted = new Set<string>();
  const seen = new Map<string, Setting>();
  for (const setting of body.items) {
    if (setting.kind !== 'setting') continue;
    const { key } = setting;
    const first = seen.get(key.text);
    if (first !== undefined) {
      const related = [{ message: 'first set here', span: first.key.span }];
      scope.report(diagnose('duplicate-setting', { key: key.text }, { span: key.span, related }));
      continue;
    }
    seen.set(key.text, setting);
    const schema = Object.hasOwn(place.schema.properties, key.text)
      ? place.schema.properties[key.text]
      : undefined;
    if (schema === undefined) {
      const meant = reportUnknownKey(setting, place, body, scope);
      if (meant !== undefined) accounted.add(meant);
      continue;
    }
    const pointer = `${place.pointer}/${key.text}`;
    const value = scope.evaluate(setting.value, { pointer, key: key.text, schema });
    if (value === undefined) accounted.add(key.text);
    else options[key.text] = value;
  }
  return { options, accounted };
}

function reportUnknownKey(
  { key }: Setting,
  place: SettingsPlace,
  body: Body,
  scope: Scope,
): string | undefined {
  const taken = new Set(body.items.map((item) => (item.kind === 'setting' ? item.key.text : '')));
  const known = Object.keys(place.schema.properties);
  // Suggesting a key that is set already would cure nothing.
  const close = closestName(
    key.text,
    known.filter((name) => !taken.has(name)),
  );
  const fix = close === undefined ? undefined : { span: key.span, text: close };
  const found = { name: key.text, known, owner: place.owner };
  scope.report(diagnose('unknown-setting', found, { span: key.span, fix }));
  scope.poison();
  return close;
}

const rangeKeywords = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'x-schedule',
]);

/** Places a validator's finding in the text: at the value it is about, or at the head of the block that lacks it. */
export function diagnoseProblem(
  problem: OptionProblem,
  { pointer, owner, head }: Pick<SettingsPlace, 'pointer' | 'owner' | 'head'>,
  places: ReadonlyMap<string, Span>,
): Diagnostic {
  const { keyword, message } = problem;
  if (keyword === 'required') return diagnose('missing-setting', { message, owner }, { span: head });
  const span = nearestPlace(`${pointer}${problem.pointer}`, places) ?? head;
  if (keyword === 'rule') return diagnose('rule-not-met', { message }, { span });
  return diagnose(rangeKeywords.has(keyword) ? 'out-of-range' : 'invalid-value', { message }, { span });
}

function nearestPlace(pointer: string, places: ReadonlyMap<string, Span>): Span | undefined {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const span = places.get(at);
    if (span !== undefined) return span;
  }
  return undefined;
}
