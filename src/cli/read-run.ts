import type { RunEvent } from '../runtime/contract/events.js';
import { readEventLines } from './follow-events.js';

/** Every event of a run that this version knows, in order. A torn last line is left out. */
export async function readRun(path: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const { line } of readEventLines(path)) if (line.kind === 'event') events.push(line.event);
  return events;
}
