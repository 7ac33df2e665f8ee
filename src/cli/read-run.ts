import type { RunEvent } from '../runtime/contract/events.js';
import { readEvents } from '../runtime/read-events.js';
import { isKnownEvent } from './known-events.js';

/** Every event of a run that this version knows, in order. A torn last line is left out. */
export async function readRun(path: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readEvents(path)) if (isKnownEvent(event)) events.push(event);
  return events;
}
