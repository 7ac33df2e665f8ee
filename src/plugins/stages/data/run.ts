import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../../../base/json.js';
import type { ComponentValue, StageReference } from '../../../base/signatures.js';
import { readTokenizerFile, type Tokenizer } from '../../../model/tokenizer.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { saveDatasetDescription } from '../../dataset-artifact.js';
import { mendable } from '../../mendable.js';
import { loadTokenizer } from '../../model-artifact.js';
import type { Source } from '../../sources/source.js';
import { holdOut } from './hold-out.js';
import { makePart, type PartMaterial } from './make-part.js';
import { randomOrder } from './random-order.js';
import { TokenDocuments } from './token-documents.js';
import { tokenise } from './tokenise.js';

/** Makes a `dataset`: reads and tokenises into files, then holds out and packs from there. */
export class DataStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const tokenizer = await tokenizerOf(options, context);
    const sources = await sourcesOf(options, context);
    const scratch = join(context.folder, 'scratch');
    await mkdir(scratch, { recursive: true });
    const documents = new TokenDocuments(scratch);
    try {
      if (!(yield* tokenise(sources, { tokenizer, context, documents }))) return;
      const material = materialOf(options, { documents, sources, tokenizer, scratch, context });
      const train = yield* makePart('train', material);
      const validation = train === undefined ? undefined : yield* makePart('validation', material);
      if (train === undefined || validation === undefined) return;
      yield await finish(material, train, validation);
    } finally {
      documents.close();
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

async function tokenizerOf(options: JsonObject, context: StageContext): Promise<Tokenizer> {
  const { tokenizer, tokenizer_file: file } = options;
  if (typeof file === 'string') return mendable(() => readTokenizerFile(context.path(file)));
  return loadTokenizer(context.input(tokenizer as StageReference), context);
}

async function sourcesOf(options: JsonObject, context: StageContext): Promise<readonly Source[]> {
  const { source, sources } = options;
  const values =
    typeof source === 'string'
      ? [{ plugin: 'text', options: { path: source, field: 'text' } }]
      : (sources as readonly ComponentValue[]);
  return Promise.all(values.map((value) => context.component<Source>('source', value)));
}

function materialOf(
  options: JsonObject,
  given: Pick<PartMaterial, 'documents' | 'sources' | 'tokenizer' | 'scratch'> & {
    readonly context: StageContext;
  },
): PartMaterial {
  const { documents, context } = given;
  const share = Number(options['holdout']);
  return {
    ...given,
    share,
    rowLength: Number(options['context']),
    packing: options['packing'] === 'separate' ? 'separate' : 'joined',
    held: holdOut(documents, share, context.seed.child('holdout')),
    order:
      options['shuffle'] === true
        ? randomOrder(documents.count, context.seed.child('order'))
        : Uint32Array.from({ length: documents.count }, (_, index) => index),
  };
}

async function finish(
  { context, documents, rowLength, tokenizer }: PartMaterial,
  trainRows: number,
  validationRows: number,
): Promise<StageEvent> {
  const { fingerprint, vocabularySize } = tokenizer;
  await saveDatasetDescription(context.folder, {
    context: rowLength,
    tokenizer: fingerprint,
    vocabularySize,
    trainRows,
    validationRows,
  });
  return {
    type: 'output',
    summary: {
      context: rowLength,
      documents: documents.count,
      train_rows: trainRows,
      validation_rows: validationRows,
      train_tokens: trainRows * rowLength,
      vocabulary: vocabularySize,
    },
  };
}
