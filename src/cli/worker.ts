import 'reflect-metadata';
import { readFileSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { executeWorkOrder, explainUnstartable } from '../runtime/worker/execute-work-order.js';
import { noteWorker } from '../runtime/store/lock.js';
import { storeLayout } from '../runtime/store/layout.js';
import { parseWorkOrder, type WorkOrder } from '../runtime/worker/work-order.js';
import { encodeMessage, type WorkerMessage } from '../runtime/worker/worker-message.js';
import { loadCatalogue } from './catalogue.js';
import { instantiateRunner } from './container.js';
import { thisProcess } from './process-table.js';

/** The channel of messages, apart from what libraries print. */
const channel = 3;
const heartbeatMilliseconds = 1000;

/** Writes one message at once, so that it is told whatever happens next. */
function tell(message: WorkerMessage): void {
  let rest = Buffer.from(`${encodeMessage(message)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(channel, rest));
    } catch (error) {
      // Full: the coordinator reads on soon. Anything else: nobody listens any more.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.kill(process.pid, 'SIGKILL');
    }
  }
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}

function watchCoordinator(): void {
  const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), {
    workerData: { parent: process.ppid },
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  watchdog.unref();
}

async function work(order: WorkOrder, signal: AbortSignal): Promise<void> {
  const forget = await noteWorker(storeLayout(order.store), thisProcess());
  const catalogue = await loadCatalogue(order.uses);
  if (!catalogue.ok) throw new Error(catalogue.error.map(({ message }) => message).join(' '));
  await executeWorkOrder(order, {
    catalogue: catalogue.value,
    instantiate: instantiateRunner,
    signal,
    now: () => performance.now(),
    pid: process.pid,
    peakBytes: () => process.resourceUsage().maxRSS * 1024,
    tell,
  });
  await forget();
}

const signal = stopOnSignals();
watchCoordinator();
setInterval(() => {
  tell({ type: 'heartbeat' });
}, heartbeatMilliseconds).unref();
const order = parseWorkOrder(readFileSync(process.argv[2] ?? '', 'utf8'));
try {
  await work(order, signal);
} catch (error) {
  tell(explainUnstartable(error, order));
}
// A stage may leave timers or connections behind; its work is done.
process.exit(0);
