import type { JsonObject } from '../../../base/json.js';
import type { ComponentValue, StageReference } from '../../../base/signatures.js';
import { readTokenizerFile, type Tokenizer } from '../../../model/tokenizer.js';
import type { StageContext, StageEvent, StageRunner } from '../../../runtime/contract/stage.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import { saveDataset, type Dataset } from '../../dataset-artifact.js';
import { mendable } from '../../mendable.js';
import { loadTokenizer } from '../../model-artifact.js';
import type { Document, RowMaterial, Source } from '../../sources/source.js';
import { holdOut, type TokenisedDocument } from './hold-out.js';
import { packRows, rowsOf, type Rows } from './pack.js';

/** Makes a `dataset`: reads, tokenises, holds out, packs. */
export class DataStage implements StageRunner {
  async *run(options: JsonObject, context: StageContext): AsyncGenerator<StageEvent, void, undefined> {
    const tokenizer = await tokenizerOf(options, context);
    const sources = await sourcesOf(options, context);
    const documents = await readAll(sources, context);
    const tokenised: TokenisedDocument[] = [];
    for (const document of documents) {
      tokenised.push(tokenise(document, tokenizer));
      yield { type: 'progress', step: tokenised.length, of: documents.length, unit: 'documents' };
      if (context.signal.aborted) return;
    }
    const dataset = makeDataset(tokenised, sources, { options, tokenizer, context });
    await saveDataset(context.folder, dataset);
    yield {
      type: 'output',
      summary: {
        context: dataset.context,
        documents: documents.length,
        train_rows: dataset.train.count,
        validation_rows: dataset.validation.count,
        train_tokens: dataset.train.tokens.length,
        vocabulary: dataset.vocabularySize,
      },
    };
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

async function readAll(sources: readonly Source[], context: StageContext): Promise<readonly Document[]> {
  const documents: Document[] = [];
  for (const source of sources) {
    if (source.gives !== 'documents') continue;
    documents.push(...(await mendable(() => source.documents((option) => context.path(option)))));
  }
  if (documents.length > 0) return documents;
  throw new StageFailure('No source gives text. Add one, such as text { path = "texts.jsonl" }.');
}

/** The document's tokens, after the token that separates documents. */
function tokenise({ text, origin }: Document, tokenizer: Tokenizer): TokenisedDocument {
  const start = tokenizer.endOfText === undefined ? [] : [tokenizer.endOfText];
  return { origin, tokens: [...start, ...tokenizer.encode(text)] };
}

interface Making {
  readonly options: JsonObject;
  readonly tokenizer: Tokenizer;
  readonly context: StageContext;
}

function makeDataset(
  documents: readonly TokenisedDocument[],
  sources: readonly Source[],
  { options, tokenizer, context }: Making,
): Dataset {
  const rowLength = Number(options['context']);
  const share = Number(options['holdout']);
  const parts = holdOut(documents, share, context.seed.child('holdout'));
  const make = (part: 'train' | 'validation', countOf: (count: number) => number): Rows => {
    const text = packRows(parts[part], rowLength, part);
    const seed = context.seed.child(part);
    const material = { tokenizer, context: rowLength, text: parts[part], seed };
    const made = sources.flatMap((source, index) =>
      source.gives === 'rows'
        ? generated(source, countOf(source.count), { ...material, seed: seed.child(`source/${index}`) })
        : [],
    );
    return [...text, ...made];
  };
  return {
    context: rowLength,
    tokenizer: tokenizer.fingerprint,
    vocabularySize: tokenizer.vocabularySize,
    train: rowsOf(
      make('train', (count) => count),
      rowLength,
    ),
    validation: rowsOf(
      make('validation', (count) => Math.max(1, Math.round((count * share) / (1 - share)))),
      rowLength,
    ),
  };
}

function generated(
  source: Extract<Source, { gives: 'rows' }>,
  count: number,
  material: RowMaterial,
): Rows {
  return Array.from({ length: count }, (_, index) => source.row(material, index));
}
