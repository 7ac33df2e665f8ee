import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Tokenizer } from '../../../model/tokenizer.js';
import type { StageContext, StageEvent } from '../../../runtime/contract/stage.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import { mendableSteps } from '../../mendable.js';
import type { Document, Source } from '../../sources/source.js';
import type { TokenDocuments } from './token-documents.js';

/** What tokenising needs besides the sources. */
export interface Tokenising {
  readonly tokenizer: Tokenizer;
  readonly context: Pick<StageContext, 'path' | 'signal'>;
  readonly documents: TokenDocuments;
}

/** Documents between two looks at the signal. */
const patience = 256;

/** Appends all documents of the sources, tokenised. Gives false where the stage is to stop. */
export async function* tokenise(
  sources: readonly Source[],
  { tokenizer, context, documents }: Tokenising,
): AsyncGenerator<StageEvent, boolean, undefined> {
  const { signal } = context;
  const sourceContext = { path: (option: string) => context.path(option), tokenizer, signal };
  try {
    for (const source of sources) {
      if (source.gives !== 'documents') continue;
      for await (const step of mendableSteps(source.documents(sourceContext))) {
        if (step.type === 'document') append(step.document, tokenizer, documents);
        else yield step;
        // Signals arrive between turns of the event loop.
        if (step.type !== 'document' || documents.count % patience === 0) await nextTurn();
        if (signal.aborted) return false;
      }
    }
  } catch (error) {
    // A fetch that is stopped rejects.
    if (signal.aborted) return false;
    throw error;
  }
  if (documents.count > 0) return true;
  throw new StageFailure('No source gives text. Add one, such as text { path = "texts.jsonl" }.');
}

/** The pieces' tokens, after the token that separates documents, which counts: it ends the document before it. */
function append(document: Document, tokenizer: Tokenizer, documents: TokenDocuments): void {
  const { pieces, separated, continues } = document;
  if (continues !== true) {
    documents.begin();
    if (separated && tokenizer.endOfText !== undefined) documents.append([tokenizer.endOfText], 1);
  }
  for (const { text, scored } of pieces) documents.append(tokenizer.encode(text), scored ? 1 : 0);
}
