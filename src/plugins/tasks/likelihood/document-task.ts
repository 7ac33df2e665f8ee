import type { StageEvent } from '../../../runtime/contract/stage.js';
import type { Task } from '../../evaluation/task.js';
import type { DocumentItem } from '../../evaluation/task-item.js';
import { mendableSteps } from '../../mendable.js';
import { readDocuments, type WholeDocument } from '../../sources/text/read-documents.js';
import { openTaskPlace, type FileContext } from '../questions/question-files.js';
import type { QuestionPlace, UsualFiles } from '../questions/question-place.js';
import { likelihoodRules, type LikelihoodOptions, type LikelihoodRules } from './likelihood-rules.js';
import { countWords } from './python-text.js';
import { rollingWindows } from './rolling-windows.js';

/** Options of perplexity over documents after checking. */
export interface DocumentOptions extends LikelihoodOptions, QuestionPlace {
  readonly field: string;
  readonly limit?: number;
}

/** A task that reads whole documents: every token of them is scored once. */
export function documentTask(options: DocumentOptions, usual: UsualFiles): Task {
  return {
    items: async function* (context) {
      const rules = likelihoodRules(options, context);
      const documents = yield* mendableSteps(documentsOf(options, usual, context.stage));
      return documents.map(({ text, origin }) => documentItem(origin, text, rules));
    },
    settings: (context) => likelihoodRules(options, context).settings,
  };
}

async function* documentsOf(
  options: DocumentOptions,
  usual: UsualFiles,
  context: FileContext,
): AsyncGenerator<StageEvent, readonly WholeDocument[], undefined> {
  const place = yield* openTaskPlace(options, usual, context);
  return readDocuments(place, options.field, options.limit);
}

function documentItem(id: string, text: string, { encoder, maxLength }: LikelihoodRules): DocumentItem {
  return {
    id,
    windows: rollingWindows(encoder.encode(text), encoder.prefix(), maxLength),
    words: countWords(text),
    bytes: Buffer.byteLength(text, 'utf8'),
  };
}
