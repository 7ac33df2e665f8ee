import { processIo } from './process-io.js';
import { runHpl } from './program.js';

const code = await runHpl(process.argv.slice(2), processIo());
// A closed pipe never calls back, so leaving does not wait for what cannot be written.
if (process.stdout.writableLength + process.stderr.writableLength === 0) process.exit(code);
process.exitCode = code;
