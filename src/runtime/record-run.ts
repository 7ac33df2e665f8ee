import { concat, defer, EMPTY, finalize, map, type Observable } from 'rxjs';
import type { EventBody, RunEvent } from './contract/events.js';

/** What stands on the envelope of a run's events, and where they are kept. */
export interface EventRecord {
  readonly run: string;
  /** The time of day. */
  clock(): Date;
  append(line: string): void;
  /** Gives back what the run holds; called once or twice, before the last reader learns that the run has ended. */
  close(): void;
}

/**
 * Numbers and dates events, and keeps each in the run's file before anybody sees it. What the run holds is given back
 * before completion is told, since a program may end there, and also when the reader leaves early.
 */
export function recordEvents(record: EventRecord): (events: Observable<EventBody>) => Observable<RunEvent> {
  const close = (): void => {
    record.close();
  };
  return (events) =>
    concat(
      events.pipe(map((body, seq) => keep(record, body, seq))),
      defer(() => {
        close();
        return EMPTY;
      }),
    ).pipe(finalize(close));
}

function keep(record: EventRecord, body: EventBody, seq: number): RunEvent {
  const event: RunEvent = { v: 1, seq, time: record.clock().toISOString(), run: record.run, ...body };
  record.append(JSON.stringify(event));
  return event;
}
