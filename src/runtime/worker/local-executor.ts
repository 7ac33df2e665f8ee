import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, type Stream } from 'node:stream';
import { defer, from, mergeMap, Observable, type Subscriber } from 'rxjs';
import { explainDeath } from './worker-death.js';
import type { Executor, ExecutorMessage, Interrupt } from './executor.js';
import { watchPeakMemory, type PeakMemory } from './peak-memory.js';
import { decodeMessage, isWorkEnd } from './worker-message.js';
import type { WorkOrder } from './work-order.js';

export interface LocalWorkers {
  /** The program and its first arguments; the work order's path comes last. */
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where work orders are kept. */
  readonly orders: string;
  /** A worker that tells nothing for so long is ended as hanging. */
  readonly silenceSeconds: number;
}

/** Runs each work order in a process of its own, in a process group of its own, on this machine. */
export function createLocalExecutor(workers: LocalWorkers): Executor {
  return {
    execute: (order, interrupts) =>
      defer(() => from(keepOrder(order, workers.orders))).pipe(
        mergeMap((path) => runWorker(path, workers, interrupts)),
      ),
  };
}

async function keepOrder(order: WorkOrder, folder: string): Promise<string> {
  const path = join(folder, `${order.stage}.json`);
  await writeFile(path, `${JSON.stringify(order, null, 2)}\n`);
  return path;
}

function runWorker(
  orderPath: string,
  workers: LocalWorkers,
  interrupts: Observable<Interrupt>,
): Observable<ExecutorMessage> {
  return new Observable((subscriber) => {
    const worker = new LocalWorker(orderPath, workers, subscriber);
    const told = interrupts.subscribe((interrupt) => {
      worker.interrupt(interrupt);
    });
    return () => {
      told.unsubscribe();
      worker.end();
    };
  });
}

class LocalWorker {
  private readonly child: ChildProcess;
  private hasEnded = false;
  private interrupted: Interrupt | undefined;
  private hangs = false;
  private lastSign: 'step' | 'heartbeat' = 'step';
  private silence: NodeJS.Timeout | undefined;
  private lastError = '';
  private memory: PeakMemory | undefined;

  constructor(
    orderPath: string,
    private readonly workers: LocalWorkers,
    private readonly subscriber: Subscriber<ExecutorMessage>,
  ) {
    const [program, ...first] = workers.command;
    this.child = spawn(program, [...first, orderPath], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // A process group of its own: Ctrl-C in the terminal reaches the coordinator alone, which tells the workers.
      detached: true,
      env: { ...workers.environment },
    });
    if (this.child.pid !== undefined) this.memory = watchPeakMemory(this.child.pid);
    this.listen();
    this.watchSilence();
  }

  interrupt(interrupt: Interrupt): void {
    this.interrupted = interrupt;
    if (interrupt === 'finish-step') this.child.kill('SIGINT');
    else this.end();
  }

  /** Ends the worker and everything that it started, at once. */
  end(): void {
    clearTimeout(this.silence);
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  }

  private listen(): void {
    const { stdout, stderr, stdio } = this.child;
    forEachLine(stdio[3], (line) => {
      this.receive(line);
    });
    forEachLine(stdout, (line) => {
      this.subscriber.next({ type: 'native', stream: 'stdout', line });
    });
    forEachLine(stderr, (line) => {
      if (line.trim() !== '') this.lastError = line;
      this.subscriber.next({ type: 'native', stream: 'stderr', line });
    });
    this.child.on('error', (error) => {
      this.finish({ type: 'failed', cause: `The worker process cannot be started: ${error.message}.` });
    });
    this.child.on('exit', () => {
      this.memory?.stop();
      // What the worker started must neither live on nor hold its channels open.
      this.end();
    });
    this.child.on('close', (code, signal) => {
      this.close(code, signal);
    });
  }

  private receive(line: string): void {
    const message = decodeMessage(line);
    if (message === undefined) {
      this.subscriber.next({ type: 'native', stream: 'stdout', line });
    } else if (message.type === 'heartbeat') {
      this.lastSign = 'heartbeat';
    } else {
      this.lastSign = 'step';
      this.watchSilence();
      this.hasEnded = isWorkEnd(message);
      this.subscriber.next(message);
    }
  }

  private watchSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.hangs = true;
      this.end();
    }, this.workers.silenceSeconds * 1000);
  }

  private close(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.hasEnded) {
      clearTimeout(this.silence);
      this.subscriber.complete();
      return;
    }
    this.finish(
      explainDeath({
        code,
        signal,
        interrupt: this.interrupted,
        ...(this.hangs ? { silentSeconds: this.workers.silenceSeconds } : {}),
        isBlocked: this.lastSign === 'step',
        peakBytes: this.memory?.bytes(),
        lastError: this.lastError,
      }),
    );
  }

  private finish(end: ExecutorMessage): void {
    clearTimeout(this.silence);
    this.subscriber.next(end);
    this.subscriber.complete();
  }
}

function forEachLine(stream: Stream | null | undefined, receive: (line: string) => void): void {
  if (stream instanceof Readable) createInterface({ input: stream, crlfDelay: Infinity }).on('line', receive);
}
