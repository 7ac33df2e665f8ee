import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Environment } from '../../../packages/cache-folder.js';
import { lastLines, runTool } from '../../../packages/tools.js';
import { names } from '../installation.js';
import {
  fusedFlags,
  fusedLackPath,
  fusedName,
  fusedPath,
  fusedPrefix,
  fusedSources,
  type FusedLack,
  type FusedTarget,
} from '../fused-library.js';
import { fusedTrial, isTrialResult } from '../fused-trial.js';
import type { Libraries } from './libraries.js';
import type { Report } from './setup-event.js';
import type { Tools } from './setup-tools.js';

/** What fused operations are compiled with, and into which installation. */
export interface FusedPlace {
  readonly folder: string;
  readonly libraries: Libraries;
  readonly nodeHeaders: string;
  readonly tools: Tools;
  readonly environment: Environment;
  /** The Node that will load them. */
  readonly node: string;
  readonly report: Report;
}

/** Libraries of other sources that stay: other versions of hpl share the cache. */
const kept = 3;

/**
 * Compiles the fused operations and tries one in a process of its own. Gives why they are not there where that fails,
 * and leaves it in the installation for `hpl doctor`; everything works without them.
 */
export async function buildFused(target: FusedTarget, place: FusedPlace): Promise<FusedLack | undefined> {
  place.report({ type: 'step', message: 'Compiling fused operations.' });
  const name = await fusedName(target);
  const path = fusedPath(place.folder, name);
  // Under another name until it is known to work, for whoever looks in the meantime.
  const untried = fusedPath(place.folder, `untried-${name}`);
  const lack = (await compile(target, untried, place)) ?? (await tryOut(untried, place));
  if (lack === undefined) await rename(untried, path);
  else await rm(untried, { force: true });
  await record(fusedLackPath(place.folder, name), lack);
  await removeOld(dirname(path), name, fusedPrefix(target));
  return lack;
}

async function compile(
  { sources }: FusedTarget,
  path: string,
  place: FusedPlace,
): Promise<FusedLack | undefined> {
  const { libraries, nodeHeaders } = place;
  const files = await fusedSources(sources);
  const result = await runTool({
    program: place.tools['g++'],
    arguments: [
      ...fusedFlags,
      ...[libraries.headers, nodeHeaders].map((folder) => `-I${folder}`),
      ...files.filter((file) => file.endsWith('.cc')),
      ...['-o', path, `-L${libraries.folder}`, '-Wl,--as-needed'],
      ...libraries.files.map((file) => `-l:${file}`),
      ...['-lmvec', '-lm', '-pthread'],
      // Relative to the library, so that the finished folder can be renamed and moved.
      `-Wl,-rpath,$ORIGIN/${relative(dirname(path), libraries.folder)}`,
    ],
    folder: sources,
    environment: place.environment,
  });
  if (result.code === 0) return undefined;
  return {
    reason: `g++ could not compile them:\n${lastLines(result.stderr, 4)}`,
    remedy:
      'Use g++ 9 or later with glibc, and a TensorFlow whose headers are complete; then run "npx hpl setup" again.',
  };
}

const program = `
const [binding, trial] = [require(process.argv[1]), JSON.parse(process.argv[3])];
require(process.argv[2]);
const tensorOf = (values) => binding.createTensor([values.length], binding.TF_FLOAT, Float32Array.from(values));
const attributes = [
  { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
  { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: trial.epsilon },
];
const inputs = [tensorOf(trial.x), tensorOf(trial.x.map(() => 1))];
const [y] = binding.executeOp(trial.operation, attributes, inputs, 1);
console.log(JSON.stringify({ fused: [...binding.tensorDataSync(y.id)] }));
`;

/** In a process of its own, because a library that does not fit this machine ends the process that loads it. */
async function tryOut(path: string, place: FusedPlace): Promise<FusedLack | undefined> {
  const result = await runTool({
    program: place.node,
    arguments: ['-e', program, join(place.folder, names.binding), path, JSON.stringify(fusedTrial)],
    folder: place.folder,
    environment: { ...place.environment, TF_CPP_MIN_LOG_LEVEL: '2', CUDA_VISIBLE_DEVICES: '-1' },
  });
  const [, answer] = /^\{"fused":(\[[^\]]*\])\}$/m.exec(result.stdout) ?? [];
  if (result.code === 0 && answer !== undefined && isTrialResult(JSON.parse(answer) as number[]))
    return undefined;
  const words = lastLines(result.stderr || result.stdout, 4);
  return {
    reason: `They were compiled but do not work here (exit ${result.code})${words === '' ? '.' : `:\n${words}`}`,
    remedy: 'Use another g++, 9 or later; then run "npx hpl setup" again.',
  };
}

/** That a note for the doctor cannot be written, as in a cache that belongs to somebody else, stops nothing. */
async function record(path: string, lack: FusedLack | undefined): Promise<void> {
  await (
    lack === undefined
      ? rm(path, { force: true })
      : writeFile(path, `${JSON.stringify(lack, undefined, 2)}\n`)
  ).catch(() => undefined);
}

/** Of the other libraries for this processor the youngest stay. */
async function removeOld(folder: string, name: string, prefix: string): Promise<void> {
  const others = (await readdir(folder)).filter((file) => file.startsWith(prefix) && !file.startsWith(name));
  const dated = await Promise.all(
    others.map(async (file) => ({ file, written: (await stat(join(folder, file))).mtimeMs })),
  );
  const old = dated.sort((left, right) => right.written - left.written).slice(kept);
  for (const { file } of old) await rm(join(folder, file), { force: true }).catch(() => undefined);
}
