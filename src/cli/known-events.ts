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

/** Whether this version knows the type of an event that was read; a later version may have written others. */
export function isKnownEvent(event: RunEvent): boolean {
  return Object.hasOwn(knownTypes, event.type);
}
