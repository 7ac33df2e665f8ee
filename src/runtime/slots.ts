import { defer, finalize, type Observable, ReplaySubject, switchMap, take } from 'rxjs';

/** Places in which work may go on at the same time, first come, first served. */
export class Slots {
  private isClosed = false;
  private readonly waiting: ReplaySubject<void>[] = [];

  constructor(private free: number) {}

  /** The same events as the work's own, begun once a slot is free; the slot is free again when the work has ended. */
  run<Event>(work: Observable<Event>): Observable<Event> {
    return defer(() => {
      const turn = new ReplaySubject<void>(1);
      this.waiting.push(turn);
      this.admit();
      return turn.pipe(
        take(1),
        switchMap(() => work),
        finalize(() => {
          this.leave(turn);
        }),
      );
    });
  }

  /** Lets nobody in any more. */
  close(): void {
    this.isClosed = true;
  }

  private admit(): void {
    while (!this.isClosed && this.free > 0 && this.waiting.length > 0) {
      this.free -= 1;
      this.waiting.shift()?.next();
    }
  }

  private leave(turn: ReplaySubject<void>): void {
    const place = this.waiting.indexOf(turn);
    if (place >= 0) this.waiting.splice(place, 1);
    else this.free += 1;
    this.admit();
  }
}
