import { standardBackends } from '../plugins/backends/standard-backends.js';
import { conformanceCases } from '../model/conformance/cases.js';
import { runConformance } from '../model/conformance/run-conformance.js';
import { rootSeed } from '../base/seed.js';
import { InternalError } from '../base/unreachable.js';

const name = process.argv[2];
const plugin = standardBackends.find((one) => one.name === name);
if (plugin === undefined) throw new InternalError(`no backend is named ${name}`);
const backend = await plugin.create(
  {},
  {
    seed: rootSeed(0),
    component: () => Promise.reject(new InternalError('a backend asked for a component')),
  },
);
await backend.start();
process.send?.(await runConformance(plugin.name, conformanceCases));
process.disconnect();
