import type { JsonObject } from '../../base/json.js';
import type { ComponentValue } from '../../base/signatures.js';
import type { ForecastContext } from '../../runtime/contract/forecast.js';
import { foreseenDataset } from '../memory/foreseen.js';

/** What is known of a task's longest item before it is made. */
export interface KnownLength {
  /** At least so many tokens. */
  readonly tokens: number;
  /** Whether no item is longer. */
  readonly isAll: boolean;
}

type Reader = (options: JsonObject, context: ForecastContext) => KnownLength;

const unknown: KnownLength = { tokens: 1, isAll: false };

/** The tasks whose options say how long their items are. Those of questions depend on files and the tokenizer. */
const readers: Readonly<Record<string, Reader>> = {
  perplexity: ({ data }, context) => {
    const rows = foreseenDataset(data, context);
    return rows === undefined ? unknown : { tokens: rows.context, isAll: true };
  },
  passkey: ({ lengths }) => ({ tokens: Math.max(...(lengths as readonly number[])), isAll: true }),
  recall: ({ distance }) => ({ tokens: Number(distance), isAll: false }),
  suffix_identification: ({ prefix, suffix }) => ({ tokens: Number(prefix) + Number(suffix), isAll: false }),
};

/** How long the items of a task are, as far as its options say it. */
export function knownLength({ plugin, options }: ComponentValue, context: ForecastContext): KnownLength {
  return readers[plugin]?.(options, context) ?? unknown;
}
