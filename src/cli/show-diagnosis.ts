import { availableParallelism, totalmem } from 'node:os';
import { standardBackends } from '../plugins/backends/standard-backends.js';
import { rootSeed } from '../base/seed.js';
import { InternalError } from '../base/unreachable.js';
import { paletteFor, wantsColour } from './colour.js';
import { compareInChild } from './compare-in-child.js';
import { conforms, type BackendDiagnosis, type Diagnosis } from './diagnosis.js';
import { exitCodes } from './exit-codes.js';
import type { Io } from './io.js';
import { packageVersion } from './package-version.js';
import { renderDiagnosis } from './render-diagnosis.js';

/** What the command line gives to `hpl doctor`. */
export interface DoctorOptions {
  readonly json?: true;
  readonly conformance?: true;
}

/** Examines every backend and prints what was found. Gives the exit code. */
export async function showDiagnosis(options: DoctorOptions, io: Io): Promise<number> {
  const diagnosis = await examine(options.conformance === true);
  const palette = paletteFor(wantsColour(io.stdout.isTTY === true, io.env));
  io.stdout.write(
    options.json === true
      ? `${JSON.stringify(diagnosis, undefined, 2)}\n`
      : renderDiagnosis(diagnosis, Math.min(110, io.stdout.columns ?? 100), palette),
  );
  return conforms(diagnosis) ? exitCodes.done : exitCodes.stageFailed;
}

async function examine(conformance: boolean): Promise<Diagnosis> {
  const found: BackendDiagnosis[] = [];
  for (const plugin of standardBackends) {
    const backend = await plugin.create({}, withoutComponents);
    const status = await backend.probe();
    const compared = conformance && status.ready && plugin.name !== 'cpu';
    found.push({
      name: plugin.name,
      status,
      ...(compared && { conformance: await compareInChild(plugin.name) }),
    });
  }
  return {
    hpl: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    processors: availableParallelism(),
    memoryBytes: totalmem(),
    backends: found,
  };
}

/** None of these backends is made of others. */
const withoutComponents = {
  seed: rootSeed(0),
  component: () => Promise.reject(new InternalError('a backend asked for a component')),
};
