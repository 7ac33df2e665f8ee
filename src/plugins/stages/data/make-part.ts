import { setImmediate as nextTurn } from 'node:timers/promises';
import { join } from 'node:path';
import type { Tokenizer } from '../../../model/tokenizer.js';
import { StageFailure, type StageContext, type StageEvent } from '../../../runtime/contract/stage.js';
import { RowWriter, type Part } from '../../dataset-rows.js';
import type { Source } from '../../sources/source.js';
import { RowPacker } from './row-packer.js';
import type { TokenDocuments } from './token-documents.js';
import { TokenFile } from './token-file.js';

type RowSource = Extract<Source, { readonly gives: 'rows' }>;

/** What both parts of a data set are made from. */
export interface PartMaterial {
  readonly documents: TokenDocuments;
  /** The order in which documents become rows. */
  readonly order: Iterable<number>;
  /** How many tokens at the end of a document are held out. */
  readonly held: ReadonlyMap<number, number>;
  readonly sources: readonly Source[];
  readonly tokenizer: Tokenizer;
  /** Tokens of a row. */
  readonly rowLength: number;
  readonly packing: 'joined' | 'separate';
  /** The share of all tokens that is held out. */
  readonly share: number;
  /** A folder that is thrown away. */
  readonly scratch: string;
  readonly context: Pick<StageContext, 'folder' | 'seed' | 'signal'>;
}

/** Writes the rows of one part and gives their number; undefined where the stage is to stop. */
export async function* makePart(
  part: Part,
  material: PartMaterial,
): AsyncGenerator<StageEvent, number | undefined, undefined> {
  const { context, scratch, sources, tokenizer, rowLength } = material;
  const writer = new RowWriter(context.folder, part);
  const text = new TokenFile(join(scratch, `${part}.text`));
  try {
    if (!(yield* packText(part, material, { writer, text }))) return undefined;
    const seed = context.seed.child(part);
    for (const [index, source] of sources.entries()) {
      if (source.gives !== 'rows') continue;
      const own = { tokenizer, context: rowLength, text, seed: seed.child(`source/${index}`) };
      for (let row = 0; row < rowCount(source, part, material.share); row += 1) {
        const { tokens, scored } = source.row(own, row);
        writer.append({ tokens: Int32Array.from(tokens), scored: Uint8Array.from(scored) });
      }
    }
    return writer.count;
  } finally {
    writer.close();
    text.close();
  }
}

function rowCount({ count }: RowSource, part: Part, share: number): number {
  return part === 'train' ? count : Math.max(1, Math.round((count * share) / (1 - share)));
}

interface Written {
  readonly writer: RowWriter;
  readonly text: TokenFile;
}

async function* packText(
  part: Part,
  { documents, order, held, sources, tokenizer, rowLength, packing, context }: PartMaterial,
  { writer, text }: Written,
): AsyncGenerator<StageEvent, boolean, undefined> {
  const padding = packing === 'separate' ? (tokenizer.endOfText ?? 0) : undefined;
  const packer = new RowPacker(writer, { context: rowLength, padding });
  const keepsText = sources.some(({ gives }) => gives === 'rows');
  const total = partLength(part, documents, held);
  let done = 0;
  let told = 0;
  for (const document of order) {
    const cut = documents.lengthOf(document) - (held.get(document) ?? 0);
    const [from, to] = part === 'train' ? [0, cut] : [cut, documents.lengthOf(document)];
    for (const stretch of documents.read(document, from, to)) {
      packer.add(stretch);
      if (keepsText) text.append(stretch.tokens);
      done += stretch.tokens.length;
      if (done - told < stepTokens) continue;
      told = done;
      yield { type: 'progress', step: done, of: total, unit: 'tokens' };
      await nextTurn();
      if (context.signal.aborted) return false;
    }
    if (to > from) packer.endDocument();
  }
  refuseNoRows(part, writer.count, { total, rowLength, leftOut: packer.leftOut });
  if (packer.leftOut > 0) yield leftOutWarning(part, packer.leftOut);
  return true;
}

/** Tokens between two reports of progress. */
const stepTokens = 1 << 20;

function partLength(part: Part, documents: TokenDocuments, held: ReadonlyMap<number, number>): number {
  const heldOut = [...held.values()].reduce((sum, count) => sum + count, 0);
  return part === 'train' ? documents.length - heldOut : heldOut;
}

const textOfPart: Readonly<Record<Part, string>> = { train: 'training text', validation: 'held-out text' };

function refuseNoRows(
  part: Part,
  rows: number,
  { total, rowLength, leftOut }: { readonly total: number; readonly rowLength: number; readonly leftOut: number },
): void {
  if (rows > 0) return;
  const change = part === 'train' ? 'lower' : 'raise';
  throw new StageFailure(
    leftOut === 0
      ? `The ${textOfPart[part]} has ${total} tokens, too few for one row of ${rowLength}. Add text, shorten "context", or ` +
          `${change} "holdout".`
      : `No row of the ${textOfPart[part]} has a token to learn: in rows of ${rowLength} tokens there are prompts alone. ` +
          `Lengthen "context", or ${change} "holdout".`,
  );
}

function leftOutWarning(part: Part, count: number): StageEvent {
  const rows = count === 1 ? '1 row' : `${count} rows`;
  return {
    type: 'log',
    level: 'warning',
    message:
      `Left out ${rows} of the ${textOfPart[part]} with no token to learn: prompts fill ${count === 1 ? 'it' : 'them'}. ` +
      'A longer "context" keeps more.',
  };
}
