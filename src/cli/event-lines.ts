import { isJsonObject } from '../base/json.js';
import type { RunEvent } from '../runtime/contract/events.js';

// A record and not a list, so that a new type of event that is missing here does not compile.
const knownTypes: Readonly<Record<RunEvent['type'], true>> = {
  'run.started': true,
  'run.plan': true,
  'run.finished': true,
  'stage.cached': true,
  'stage.started': true,
  'stage.progress': true,
  'stage.metric': true,
  'stage.log': true,
  'stage.checkpoint': true,
  'stage.gate': true,
  'stage.finished': true,
  'stage.failed': true,
  'stage.interrupted': true,
  'stage.skipped': true,
};

/** One line of an event file: an event, one of a later version that readers pass over, or no event at all. */
export type EventLine =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'damaged' };

/** Reads one line of `events.jsonl`. Refuses nothing: what to do about damage is the reader's choice. */
export function parseEventLine(line: string): EventLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'damaged' };
  }
  if (!isJsonObject(value) || typeof value['type'] !== 'string' || typeof value['time'] !== 'string') {
    return { kind: 'damaged' };
  }
  if (!Object.hasOwn(knownTypes, value['type'])) return { kind: 'unknown' };
  // The file is written by hpl from this very type; the schema of events is tested where they are written.
  return { kind: 'event', event: value as unknown as RunEvent };
}

/** The major version of an event file, from its first event: `hpl.events/1` is 1. */
export function isReadableSchema(schema: string): boolean {
  return /^hpl\.events\/1(\.|$)/.test(schema);
}
