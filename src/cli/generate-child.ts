import { CommandFailure } from './command-failure.js';
import type { GenerationOutcome } from './generate-in-child.js';
import { generateHere } from './generate-text.js';
import type { GenerationTask } from './generation-task.js';
import { processIo } from './process-io.js';

// Without its parent nobody reads the text.
process.once('disconnect', () => process.exit());
process.once('message', (task) => {
  void outcomeOf(task as GenerationTask).then((outcome) => {
    process.send?.(outcome, () => process.exit(outcome.exitCode));
  });
});

async function outcomeOf(task: GenerationTask): Promise<GenerationOutcome> {
  try {
    return { exitCode: await generateHere(task, processIo()) };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { failure: error.message, exitCode: error.exitCode };
  }
}
