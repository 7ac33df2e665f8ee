import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rootSeed } from '../base/seed.js';
import { precisionOf } from '../model/bfloat16/precision.js';
import { hybridDecoding } from '../model/decode/hybrid-decoding.js';
import type { LayerDecoding } from '../model/decode/layer-decoding.js';
import { withMergedAdapter } from '../model/decode/merged-adapters.js';
import { withPackedProjections } from '../model/decode/packed-projections.js';
import { softmaxDecoding } from '../model/decode/softmax-decoding.js';
import type { DecodedBranch } from '../model/hybrid/branch-parts.js';
import type { Llama } from '../model/transformer.js';
import { writeGgufFolder } from '../model/weights/gguf-folder.js';
import { mendable } from '../plugins/mendable.js';
import {
  type FolderModel,
  type LoadedModel,
  loadModel,
  loadModelFolder,
  type ModelContext,
} from '../plugins/model-artifact.js';
import type { Catalogue } from '../runtime/catalogue.js';
import type { Artifact } from '../runtime/contract/artifact.js';
import { readRecord } from '../runtime/store/artifact-record.js';
import { createComponent } from '../runtime/worker/stage-context.js';
import { CommandFailure } from './command-failure.js';
import type { FoundModel } from './find-model.js';

/** What of a model attends; `teacher` is the model before conversion. */
export type DecodingBranch = DecodedBranch | 'teacher';

/** A model in memory with the way in which it decodes. `dispose` frees its tensors. */
export type DecodedModel = Pick<FolderModel, 'llama' | 'tokenizer' | 'adapters' | 'dispose'> & {
  readonly decoding: LayerDecoding;
};

/** Loads a found model. Rejects with a `StageFailure` or a `CommandFailure` for what the user can mend. */
export async function loadDecodedModel(
  found: FoundModel,
  branch: DecodingBranch,
  catalogue: Catalogue,
): Promise<DecodedModel> {
  const context = contextOf(found, catalogue);
  const model = await loadFound(found, context);
  try {
    return readyToDecode(
      branch === 'teacher' ? teacher(model) : { ...model, decoding: decodingOf(model, branch) },
    );
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A model as it was stored; its adapter lies apart. */
type StoredModel = FolderModel & Pick<LoadedModel, 'adapter'>;

async function loadFound({ kind, path }: FoundModel, context: ModelContext): Promise<StoredModel> {
  switch (kind) {
    case 'artifact':
      return loadModel(artifactAt(path), context);
    case 'hugging-face':
      return loadModelFolder(path, context);
    case 'gguf':
      return loadGguf(path, context);
  }
}

/** Config and tokenizer of a GGUF file are read from a folder that is made for it. */
async function loadGguf(file: string, context: ModelContext): Promise<FolderModel> {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-gguf-'));
  try {
    await mendable(() => writeGgufFolder(file, folder));
    return await loadModelFolder(folder, context);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The base weights alone, without adapters. */
function teacher({ llama, tokenizer, trained, dispose }: StoredModel): StoredModel & DecodedModel {
  return { llama, tokenizer, trained, dispose, decoding: cached(llama) };
}

/** The same with adapters merged and projections packed: fewer and larger products for every token. */
function readyToDecode({
  llama,
  trained,
  adapter,
  adapters,
  ...model
}: StoredModel & DecodedModel): DecodedModel {
  const merged = adapter === undefined ? undefined : withMergedAdapter(llama, adapter, trained);
  const packed = withPackedProjections(merged ?? llama);
  return {
    ...model,
    llama: packed,
    ...(merged === undefined && adapters !== undefined && { adapters }),
    dispose: () => {
      model.dispose();
      for (const tensor of packed.parameters.values()) tensor.dispose();
    },
  };
}

function cached(llama: Llama): LayerDecoding {
  return softmaxDecoding({ window: llama.config.slidingWindow, precision: precisionOf(llama) });
}

function decodingOf({ conversion, trained, llama }: FolderModel, branch: DecodedBranch): LayerDecoding {
  if (conversion !== undefined) return hybridDecoding(conversion, trained, branch);
  if (branch === 'both') return cached(llama);
  throw new CommandFailure(
    `The model is not converted, so it has no branch "${branch}". Leave --branch out, or name a converted model.`,
  );
}

/** Artifacts lie side by side in a store, each in a folder named by its fingerprint. */
function contextOf({ path }: FoundModel, catalogue: Catalogue): ModelContext {
  return {
    artifact: (fingerprint) => artifactAt(join(dirname(path), fingerprint)),
    component: (kind, value) => createComponent(catalogue, rootSeed(0), { kind, value }),
  };
}

function artifactAt(folder: string): Artifact {
  const record = readRecord(folder);
  if (record !== undefined) {
    return { type: record.type, fingerprint: record.fingerprint, folder, summary: record.summary };
  }
  throw new CommandFailure(
    `The artifact in "${folder}" is missing or damaged. Run the pipeline that makes it again.`,
  );
}
