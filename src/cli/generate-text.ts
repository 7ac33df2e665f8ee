import { rootSeed } from '../base/seed.js';
import type { Backend } from '../runtime/contract/backend.js';
import { StageFailure } from '../runtime/contract/stage.js';
import type { Catalogue } from '../runtime/catalogue.js';
import { chooseBackend } from '../runtime/choose-backend.js';
import { createComponent } from '../runtime/worker/stage-context.js';
import { loadCatalogue } from './catalogue.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import { findModel } from './find-model.js';
import type { Io } from './io.js';
import { didYouMean } from './suggestion.js';
import { type DecodingBranch, loadDecodedModel } from './load-decoded-model.js';
import { streamText, type StreamOptions } from './stream-text.js';

/** What the command line gives to `hpl generate`. */
export interface GenerateOptions extends StreamOptions {
  readonly branch: DecodingBranch;
  readonly backend: string;
  readonly store?: string;
  readonly use?: readonly string[];
}

/** Continues a prompt with a model and streams the text. Gives the exit code. */
export async function generateText(name: string, options: GenerateOptions, io: Io): Promise<number> {
  const prompt = options.prompt === '-' ? await io.readInput() : options.prompt;
  const found = await findModel(name, options.store);
  return inUserWords(async () => {
    const catalogue = await catalogueWith(options.use ?? []);
    await startBackend(catalogue, options.backend);
    const model = await loadDecodedModel(found, options.branch, catalogue);
    try {
      return await streamText(model, { ...options, prompt }, io);
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
    throw error;
  }
}

async function catalogueWith(files: readonly string[]): Promise<Catalogue> {
  const catalogue = await loadCatalogue(files);
  if (catalogue.ok) return catalogue.value;
  throw new CommandFailure(catalogue.error.map(({ message }) => message).join('\n'), exitCodes.unavailable);
}

async function startBackend(catalogue: Catalogue, name: string): Promise<void> {
  const known = [...(catalogue.signatures.components.get('backend')?.keys() ?? [])];
  if (!known.includes(name)) {
    throw new CommandFailure(
      `"${name}" is no backend.${didYouMean(name, known)} Known backends: ${known.join(', ')}.`,
    );
  }
  const chosen = await chooseBackend(catalogue, { plugin: name, options: {} });
  if ('ready' in chosen) {
    throw new CommandFailure(
      `The backend "${name}" is not ready. ${chosen.reason}\n${chosen.remedy}`.trimEnd(),
      exitCodes.unavailable,
    );
  }
  // TensorFlow's own chatter helps nobody; a user's wish for more comes first.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const value = { kind: 'backend', value: chosen.component } as const;
  const backend = await createComponent<Backend>(catalogue, rootSeed(0), value);
  await backend.start();
}
