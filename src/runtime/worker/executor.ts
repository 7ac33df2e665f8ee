import type { Observable } from 'rxjs';
import type { WorkOrder } from './work-order.js';
import type { WorkerMessage } from './worker-message.js';

/** What comes from a worker: its messages, and what its libraries print past them. */
export type ExecutorMessage =
  WorkerMessage | { readonly type: 'native'; readonly stream: 'stdout' | 'stderr'; readonly line: string };

/** What a run can tell a worker: finish the step and save, or end at once. */
export type Interrupt = 'finish-step' | 'abort';

/** Starts the worker somewhere: here as a process, or on another machine. */
export interface Executor {
  /**
   * Cold: the worker starts at subscription and is ended by unsubscription. The last message is always the end of the
   * work, also when the worker died. Never errors for what happens to a worker.
   */
  execute(order: WorkOrder, interrupts: Observable<Interrupt>): Observable<ExecutorMessage>;
}
