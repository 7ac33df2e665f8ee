import { isCondition } from '../base/condition.js';
import { canonicalJson, isJsonObject, type Json } from '../base/json.js';
import { printCondition } from './condition-text.js';
import type { PluginCode, StageKey } from './stage-key.js';

/** Why two keys differ, in the user's words, one reason each: `options changed: window 16 -> 32`. */
export function explainDifference(before: StageKey, now: StageKey): readonly string[] {
  return [
    ...explainCode(before, now),
    ...explainOptions(before, now),
    ...explainFiles(before, now),
    ...explainInputs(before, now),
    ...(before.seed === now.seed ? [] : [`seed changed: ${rootOf(before.seed)} -> ${rootOf(now.seed)}`]),
    ...explainBackend(before, now),
    ...(before.version === now.version ? [] : ['hpl counts what matters otherwise now']),
  ];
}

/** Ours: beyond so many changed options two stages have little in common, and a list of them explains nothing. */
const nearLimit = 4;

/** The key that differs least, for an explanation where no earlier run had the stage; none where all are far. */
export function nearestKey(keys: readonly StageKey[], now: StageKey): StageKey | undefined {
  const near = keys.filter((key) => changedOptions(key, now).length <= nearLimit);
  const ranked = near.map((key) => ({ key, distance: explainDifference(key, now).join(', ').length }));
  return ranked.sort((left, right) => left.distance - right.distance)[0]?.key;
}

function explainCode(before: StageKey, now: StageKey): readonly string[] {
  const codes = (key: StageKey): readonly PluginCode[] => [key.plugin, ...key.components];
  const changed = codes(now).filter((code) => {
    const earlier = codes(before).find(({ name }) => name === code.name);
    return earlier !== undefined && (earlier.source !== code.source || earlier.version !== code.version);
  });
  const reasons = changed.map(({ name, origin }) =>
    origin === 'hpl' ? 'the code of hpl changed' : `the code of the plugin "${name}" in ${origin} changed`,
  );
  return [...new Set(reasons)];
}

function explainOptions(before: StageKey, now: StageKey): readonly string[] {
  const changes = changedOptions(before, now);
  return changes.length === 0 ? [] : [`options changed: ${changes.join(', ')}`];
}

function changedOptions(before: StageKey, now: StageKey): readonly string[] {
  const [earlier, later] = [flatten(before), flatten(now)];
  const places = [...new Set([...earlier.keys(), ...later.keys()])];
  return places.flatMap((place) => {
    const [old, fresh] = [earlier.get(place), later.get(place)];
    if (old === fresh) return [];
    if (old === undefined) return [`${place} ${fresh ?? ''} added`];
    return fresh === undefined ? [`${place} ${old} removed`] : [`${place} ${old} -> ${fresh}`];
  });
}

/** Every single value of the options by its dotted place; inputs and files are explained on their own. */
function flatten(key: StageKey): ReadonlyMap<string, string> {
  const apart = new Set([...key.inputs, ...key.files].map(({ pointer }) => pointer));
  const flat = new Map<string, string>();
  const visit = (value: Json, pointer: string): void => {
    if (apart.has(pointer)) return;
    if (isCondition(value)) flat.set(readable(pointer), printCondition(value));
    else if (isSingle(value)) flat.set(readable(pointer), shown(value));
    else for (const [name, inner] of Object.entries(value)) visit(inner, `${pointer}/${name}`);
  };
  visit(key.options, '');
  return flat;
}

function isSingle(value: Json): value is null | boolean | number | string {
  return !Array.isArray(value) && !isJsonObject(value);
}

function shown(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** `/optimizer/options/learning_rate` as `optimizer.learning_rate`; the name of a component stands at its place. */
function readable(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  return steps.filter((step) => step !== 'options' && step !== 'plugin').join('.');
}

function explainFiles(before: StageKey, now: StageKey): readonly string[] {
  return now.files.flatMap((file) => {
    const earlier = before.files.find(({ pointer }) => pointer === file.pointer);
    if (earlier === undefined) return [`file ${file.path} added`];
    if (earlier.content === file.content) return [];
    return earlier.path === file.path
      ? [`file ${file.path} changed`]
      : [`file changed: ${earlier.path} -> ${file.path}`];
  });
}

function explainInputs(before: StageKey, now: StageKey): readonly string[] {
  const changed = now.inputs.filter((input) => {
    const earlier = before.inputs.find(({ pointer }) => pointer === input.pointer);
    return earlier?.fingerprint !== input.fingerprint;
  });
  const names = [...new Set(changed.map(({ stage }) => stage))];
  return names.length === 0 ? [] : [`input ${names.join(', ')} changed`];
}

function explainBackend(before: StageKey, now: StageKey): readonly string[] {
  const show = (backend: StageKey['backend']): string => backend?.name ?? 'none';
  const [old, fresh] = [show(before.backend), show(now.backend)];
  return old === fresh ? [] : [`backend changed: ${old} -> ${fresh}`];
}

function rootOf(seed: string): string {
  return seed.split('/')[0] ?? seed;
}
