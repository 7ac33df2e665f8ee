import { map, type Observable } from 'rxjs';
import type { EventBody, RunEvent } from './contract/events.js';

/** What stands on the envelope of a run's events, and where they are kept. */
export interface EventRecord {
  readonly run: string;
  /** The time of day. */
  clock(): Date;
  append(line: string): void;
}

/** Numbers and dates events, and keeps each in the run's file before anybody sees it. */
export function recordEvents(record: EventRecord): (events: Observable<EventBody>) => Observable<RunEvent> {
  return map((body, seq) => {
    const event: RunEvent = { v: 1, seq, time: record.clock().toISOString(), run: record.run, ...body };
    record.append(JSON.stringify(event));
    return event;
  });
}
