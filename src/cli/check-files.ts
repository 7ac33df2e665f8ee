import type { Diagnostic } from '../base/diagnostic.js';
import { compilePipeline } from './compose.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { readSource } from './read-source.js';
import { type CheckFormat, diagnosticsText } from './show-diagnostics.js';

/** Reports every mistake of some files on standard output. Gives the exit code. */
export async function checkFiles(files: readonly string[], format: CheckFormat, io: Io): Promise<number> {
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const compiled = await compilePipeline(await readSource(file, io));
    diagnostics.push(...(compiled.ok ? compiled.value.warnings : compiled.error));
  }
  io.stdout.write(diagnosticsText(diagnostics, format, { stream: io.stdout, env: io.env }));
  const isValid = !diagnostics.some(({ severity }) => severity === 'error');
  if (isValid && format === 'human') io.stdout.write(`${praise(files)}\n`);
  return isValid ? exitCodes.done : exitCodes.invalid;
}

function praise(files: readonly string[]): string {
  const [only] = files;
  return files.length === 1 ? `${only ?? ''}: no mistakes` : `${files.length} files: no mistakes`;
}
