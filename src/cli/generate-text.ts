import { availableParallelism, tmpdir } from 'node:os';
import { rootSeed } from '../base/seed.js';
import type { ComponentValue } from '../base/signatures.js';
import { codeOf } from '../base/system-error.js';
import { decodingThreads } from '../model/decode/decoding-threads.js';
import type { Backend } from '../runtime/contract/backend.js';
import { StageFailure } from '../runtime/contract/stage.js';
import type { Catalogue } from '../runtime/catalogue.js';
import { chooseBackend } from '../runtime/choose-backend.js';
import { createComponent } from '../runtime/worker/stage-context.js';
import { loadCatalogue } from './catalogue.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import { findModel } from './find-model.js';
import { generateInChild } from './generate-in-child.js';
import type { GenerateOptions, GenerationTask } from './generation-task.js';
import type { Io } from './io.js';
import { loadDecodedModel } from './load-decoded-model.js';
import { backendNotReady, requireBackend } from './refused-backend.js';
import { streamText } from './stream-text.js';

/** Continues a prompt with a model and streams the text. Gives the exit code. */
export async function generateText(name: string, options: GenerateOptions, io: Io): Promise<number> {
  requireChoice(options);
  const prompt = options.prompt === '-' ? await io.readInput() : options.prompt;
  const found = await findModel(name, options.store);
  const catalogue = await catalogueWith(options.use ?? []);
  const backend = await chosenBackend(catalogue, options.backend);
  const task = { found, backend, options: { ...options, prompt } };
  return backend.plugin === 'tensorflow' ? generateInChild(task, io) : generateWith(catalogue, task, io);
}

/** Greedy text has no choice that could be narrowed. */
function requireChoice({ temperature, topK, topP }: GenerateOptions): void {
  if (temperature > 0 || (topK === undefined && topP === undefined)) return;
  const option = topK === undefined ? '--top-p' : '--top-k';
  throw new CommandFailure(
    `${option} says what to choose among, but at --temperature 0 the likeliest token is always taken. Set --temperature, such as 0.8, or leave ${option} out.`,
  );
}

/** The same in this process, on the backend that was chosen. */
export async function generateHere(task: GenerationTask, io: Io): Promise<number> {
  return generateWith(await catalogueWith(task.options.use ?? []), task, io);
}

async function generateWith(
  catalogue: Catalogue,
  { found, backend, options }: GenerationTask,
  io: Io,
): Promise<number> {
  return inUserWords(async () => {
    process.env['TF_NUM_INTRAOP_THREADS'] ??= String(decodingThreads(availableParallelism()));
    const value = { kind: 'backend', value: backend } as const;
    await (await createComponent<Backend>(catalogue, rootSeed(0), value)).start();
    const model = await loadDecodedModel(found, options.branch, catalogue);
    try {
      return await streamText(model, options, io);
    } finally {
      model.dispose();
    }
  });
}

async function inUserWords(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StageFailure) throw new CommandFailure(error.message);
    throw isAboutTemporaryFolder(error) ? noTemporaryFolder(error) : error;
  }
}

/** A GGUF file is unpacked there, and TensorFlow takes a recorded graph from there. */
function isAboutTemporaryFolder(error: unknown): error is NodeJS.ErrnoException {
  return codeOf(error) !== undefined && (error as NodeJS.ErrnoException).path?.startsWith(tmpdir()) === true;
}

function noTemporaryFolder({ message }: Error): CommandFailure {
  return new CommandFailure(
    `The temporary folder ${tmpdir()} cannot be used (${message}). Set TMPDIR to a folder that can be written.`,
  );
}

async function catalogueWith(files: readonly string[]): Promise<Catalogue> {
  const catalogue = await loadCatalogue(files);
  if (catalogue.ok) return catalogue.value;
  throw new CommandFailure(catalogue.error.map(({ message }) => message).join('\n'), exitCodes.unavailable);
}

async function chosenBackend(catalogue: Catalogue, name: string): Promise<ComponentValue> {
  requireBackend(name, catalogue);
  const chosen = await chooseBackend(catalogue, { plugin: name, options: {} });
  if ('ready' in chosen) throw backendNotReady(name, chosen);
  return chosen.component;
}
