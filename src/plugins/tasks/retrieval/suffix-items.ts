import type { StageReference } from '../../../base/signatures.js';
import type { RandomStream } from '../../../base/seed.js';
import { shuffled } from '../../../model/recall-sequences.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import { heldOutRows, isText } from '../../evaluation/held-out-rows.js';
import type { LocalTask, TaskContext } from '../../evaluation/task.js';
import type { QuestionItem } from '../../evaluation/task-item.js';
import { pairSequence } from '../likelihood/pair-sequence.js';
import { codePoints } from '../likelihood/python-text.js';

/** Options of the task after checking. */
export interface SuffixOptions {
  readonly data: unknown;
  readonly items: number;
  readonly prefix: number;
  readonly suffix: number;
  readonly choices: number;
  readonly name: string;
}

/** A task that asks which of several suffixes follows a prefix of held-out text. */
export function suffixTask(options: SuffixOptions): LocalTask {
  return {
    items: (context) => suffixItems(options, context),
    settings: () => ({ prefix: options.prefix, suffix: options.suffix, choices: options.choices }),
  };
}

async function suffixItems(options: SuffixOptions, context: TaskContext): Promise<readonly QuestionItem[]> {
  const rows = (await heldOutRows(context, options.data as StageReference)).filter(isText);
  const text = new RowTexts(
    rows.map(({ tokens }) => tokens),
    context,
  );
  const asked = rows.flatMap((_, row) => {
    const start = text.suffixStarts(row, options.suffix).find((place) => place >= options.prefix);
    return start === undefined ? [] : [{ row, start }];
  });
  const count = Math.min(options.items, asked.length);
  if (count < 2) throw tooLittle(options, rows.length);
  return Array.from({ length: count }, (_, index) => Math.floor((index * asked.length) / count)).flatMap(
    (place) => {
      const found = asked[place];
      return found === undefined ? [] : [suffixItem(found, text, options)];
    },
  );
}

interface Place {
  readonly row: number;
  readonly start: number;
}

function suffixItem(place: Place, text: RowTexts, options: SuffixOptions): QuestionItem {
  const id = `row-${place.row}`;
  const stream = text.context.seed.child(id).stream();
  const right = text.slice(place, options.suffix);
  const others = distractors(place, text, options, stream);
  const choices = shuffled([right, ...others], stream);
  const prefix = text.before(place);
  return {
    id,
    gold: choices.indexOf(right),
    groups: [],
    choices: choices.map((tokens) => ({
      ...pairSequence({ context: prefix, continuation: tokens }, text.context.contextLength),
      length: codePoints(text.context.decode(tokens)),
    })),
  };
}

/** Suffixes from other rows than the one asked about; no two are equal. */
function distractors(
  { row, start }: Place,
  text: RowTexts,
  options: SuffixOptions,
  stream: RandomStream,
): readonly (readonly number[])[] {
  const found = new Map<string, readonly number[]>();
  const right = text.slice({ row, start }, options.suffix).join(' ');
  const rows = shuffled(
    Array.from({ length: text.count }, (_, other) => other).filter((other) => other !== row),
    stream,
  );
  for (const other of rows) {
    if (found.size === options.choices - 1) break;
    const starts = text.suffixStarts(other, options.suffix);
    const place = starts[stream.integer(Math.max(1, starts.length))];
    if (place === undefined) continue;
    const tokens = text.slice({ row: other, start: place }, options.suffix);
    if (tokens.join(' ') !== right) found.set(tokens.join(' '), tokens);
  }
  if (found.size === options.choices - 1) return [...found.values()];
  throw tooLittle(options, text.count);
}

function tooLittle({ name, data, prefix, suffix, choices }: SuffixOptions, rows: number): StageFailure {
  const { stage } = data as StageReference;
  return new StageFailure(
    `The task "${name}" needs ${choices} held-out rows with text of ${prefix} tokens and ${suffix} more; those of ` +
      `"${stage}" (${rows} with text) do not suffice. Lower "prefix", "suffix" or "choices", or hold more text out.`,
  );
}

/** Rows of tokens, and where a suffix may begin in them. */
class RowTexts {
  private readonly special: ReadonlySet<number>;
  private readonly beginnings: readonly (readonly boolean[])[];

  constructor(
    private readonly rows: readonly (readonly number[])[],
    readonly context: TaskContext,
  ) {
    this.special = new Set(context.start);
    const marks = rows.map((tokens) => tokens.map((token) => /^\s/.test(context.textOf(token))));
    // A tokenizer may hide the space before a word from who decodes tokens one by one.
    const shown = marks.some((row) => row.includes(true));
    this.beginnings = shown ? marks : marks.map((row) => row.map(() => true));
  }

  get count(): number {
    return this.rows.length;
  }

  /** Places where a word begins and as many tokens of text follow, in a row without a token that begins texts among them. */
  suffixStarts(row: number, length: number): readonly number[] {
    const tokens = this.rows[row] ?? [];
    return (this.beginnings[row] ?? []).flatMap((begins, start) => {
      const isWhole = start > 0 && start + length <= tokens.length;
      const suffix = tokens.slice(start, start + length);
      return begins && isWhole && !suffix.some((token) => this.special.has(token)) ? [start] : [];
    });
  }

  slice({ row, start }: Place, length: number): readonly number[] {
    return (this.rows[row] ?? []).slice(start, start + length);
  }

  before({ row, start }: Place): readonly number[] {
    return (this.rows[row] ?? []).slice(0, start);
  }
}
