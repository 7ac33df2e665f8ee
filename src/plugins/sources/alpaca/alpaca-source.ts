import { basename } from 'node:path';
import type { Place } from '../place.js';
import { readPlace, type ReadDocument } from '../place/read-place.js';
import { textOf, type Field } from '../records/data-record.js';
import { readRecords } from '../records/read-records.js';
import type { Source } from '../source.js';
import { alpacaPrompt } from './alpaca-prompt.js';

/** Where a record has its parts, and whether its prompt is learnt too. */
export interface AlpacaOptions {
  readonly instruction: string;
  readonly input: string;
  readonly output: string;
  readonly maskPrompt: boolean;
}

/** A source of instructions, each with its prompt written out. */
export function alpacaSource(place: Place, options: AlpacaOptions): Source {
  return {
    gives: 'documents',
    documents: (context) => readPlace(place, context, (file) => readTasks(file, options)),
  };
}

async function* readTasks(
  file: string,
  options: AlpacaOptions,
): AsyncGenerator<ReadDocument, void, undefined> {
  const instruction: Field = { key: options.instruction, option: 'instruction' };
  const input: Field = { key: options.input, option: 'input', optional: true };
  const output: Field = { key: options.output, option: 'output' };
  for await (const record of readRecords(file, [instruction, input, output])) {
    const prompt = alpacaPrompt(textOf(record, instruction), textOf(record, input));
    const answer = textOf(record, output);
    const pieces = [
      { text: prompt, scored: !options.maskPrompt },
      { text: answer, scored: true },
    ];
    yield {
      read: record.read,
      // An empty answer would teach to say nothing.
      ...(answer.trim() !== '' && { document: { origin: basename(record.place), pieces, separated: true } }),
    };
  }
}
