// Runs one pipeline as `hpl run --progress json` does, for tests that kill it: node coordinator.mjs FILE [STORE]
import { readFileSync } from 'node:fs';
import { Observable } from 'rxjs';
import { compilePipeline } from '../../dist/src/cli/compose.js';
import { startRun } from '../../dist/src/cli/start-run.js';

const [file, store] = process.argv.slice(2);

const interrupts = new Observable((subscriber) => {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => subscriber.next(signal));
});

function leave(code, message) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

try {
  const compiled = await compilePipeline({ file, text: readFileSync(file, 'utf8') });
  if (!compiled.ok) leave(2, JSON.stringify(compiled.error.map(({ code, message }) => ({ code, message }))));
  const started = await startRun(compiled.value, {
    store,
    environment: process.env,
    resume: `hpl run ${file}`,
    interrupts,
  });
  if (!started.ok)
    leave(2, JSON.stringify(started.error.diagnostics ?? started.error, ['code', 'message', 'reason']));
  let exitCode = 70;
  started.value.events.subscribe({
    next: (event) => {
      process.stdout.write(`${JSON.stringify(event)}\n`);
      if (event.type === 'run.finished') ({ exitCode } = event);
    },
    error: (error) => leave(1, `${error.name}: ${error.message} ${error.remedy}`),
    complete: () => process.exit(exitCode),
  });
} catch (error) {
  leave(2, `${error.name}: ${error.message} ${error.remedy}`);
}
