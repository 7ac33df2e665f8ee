import type { JsonObject } from '../../base/json.js';
import type { OptionSchema } from '../../base/json-schema.js';
import type { OptionProblem } from '../../base/signatures.js';

/** Where the files of a source of documents lie, as its options say it. */
export interface Place {
  readonly path?: string;
  readonly repository?: string;
  readonly files?: string;
  readonly split?: string;
  readonly revision?: string;
}

/** The options of every source of documents: a path, or a data set on the hub. */
export const placeOptions = {
  path: {
    type: 'string',
    minLength: 1,
    'x-path': 'either',
    description:
      'A .jsonl, .json, .parquet or .txt file, or a folder of them, relative to the pipeline file.',
  },
  repository: {
    type: 'string',
    pattern: String.raw`^[\w-][\w.-]*/[\w-][\w.-]*$`,
    description: 'A data set on the Hugging Face hub, organisation/name, instead of "path".',
  },
  files: {
    type: 'string',
    minLength: 1,
    description:
      'Which files of the repository: a name, or a pattern such as "data/train-*.parquet". Those of the split "train" by default.',
  },
  split: {
    type: 'string',
    pattern: String.raw`^\w[\w.-]*$`,
    description: 'Only files whose path names this split, such as "train".',
  },
  revision: {
    type: 'string',
    pattern: String.raw`^(?!.*\.\.)\w[\w./-]*$`,
    description:
      'A commit of the repository, or a branch or tag, which is looked up once and then kept with the result. "main" where absent.',
  },
} as const satisfies Readonly<Record<string, OptionSchema>>;

/** Rules between the options of a place; `local` is how they call a path. */
export function checkPlace(options: JsonObject, local = 'path'): readonly OptionProblem[] {
  const rule = (key: string, message: string): OptionProblem => ({
    pointer: key === '' ? '' : `/${key}`,
    keyword: 'rule',
    message,
  });
  const { [local]: path, repository } = options;
  if (path === undefined && repository === undefined) {
    return [rule('', `Neither "${local}" nor "repository" is set. Set one of them.`)];
  }
  if (repository !== undefined) {
    if (path === undefined) return [];
    return [rule('repository', `Both "${local}" and "repository" are set. Keep one of them.`)];
  }
  return ['files', 'split', 'revision']
    .filter((key) => options[key] !== undefined)
    .map((key) => rule(key, `"${key}" belongs to a "repository"; a file or folder has none. Remove it.`));
}
