import type { Task } from '../../evaluation/task.js';
import type { DocumentItem } from '../../evaluation/task-item.js';
import { mendable } from '../../mendable.js';
import { readDocuments } from '../../sources/text/read-documents.js';
import { likelihoodRules, type LikelihoodOptions, type LikelihoodRules } from './likelihood-rules.js';
import { countWords } from './python-text.js';
import { rollingWindows } from './rolling-windows.js';

/** Options of perplexity over documents after checking. */
export interface DocumentOptions extends LikelihoodOptions {
  readonly file: string;
  readonly field: string;
  readonly limit?: number;
}

/** A task that reads whole documents: every token of them is scored once. */
export function documentTask(options: DocumentOptions): Task {
  return {
    items: async (context) => {
      const rules = likelihoodRules(options, context);
      const documents = await mendable(() => readDocuments(context.stage.path(options.file), options.field));
      return documents.slice(0, options.limit).map(({ text, origin }) => documentItem(origin, text, rules));
    },
    settings: (context) => likelihoodRules(options, context).settings,
  };
}

function documentItem(id: string, text: string, { encoder, maxLength }: LikelihoodRules): DocumentItem {
  return {
    id,
    windows: rollingWindows(encoder.encode(text), encoder.prefix(), maxLength),
    words: countWords(text),
    bytes: Buffer.byteLength(text, 'utf8'),
  };
}
