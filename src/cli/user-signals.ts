import { Observable } from 'rxjs';
import type { UserSignal } from '../runtime/run-status.js';

/** Ctrl-C and its like, as they come. While this is subscribed to, they do not end the process. */
export function userSignals(): Observable<UserSignal> {
  return new Observable((subscriber) => {
    const take = (signal: UserSignal): void => {
      subscriber.next(signal);
    };
    process.on('SIGINT', take);
    process.on('SIGTERM', take);
    return () => {
      process.removeListener('SIGINT', take);
      process.removeListener('SIGTERM', take);
    };
  });
}
