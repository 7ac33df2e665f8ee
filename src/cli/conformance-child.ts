import { cpu } from '../plugins/backends/cpu.js';
import { tensorflow } from '../plugins/backends/tensorflow.js';
import { wasm } from '../plugins/backends/wasm.js';
import { webgpu } from '../plugins/backends/webgpu.js';
import { conformanceCases } from '../model/conformance/cases.js';
import { runConformance } from '../model/conformance/run-conformance.js';
import { rootSeed } from '../base/seed.js';
import { InternalError } from '../base/unreachable.js';

const name = process.argv[2];
const plugin = [tensorflow, webgpu, wasm, cpu].find((one) => one.name === name);
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
