import type { OptionSchema } from '../../../base/json-schema.js';
import { placeOptions } from '../../sources/place.js';

/** Where the questions of a benchmark lie, as its options say it. */
export interface QuestionPlace {
  /** A path; absent where a repository is named. */
  readonly file?: string;
  readonly repository?: string;
  readonly files?: string;
  readonly split?: string;
  readonly revision?: string;
}

/** What of a repository counts where the options do not say it. */
export interface UsualFiles {
  readonly files?: string;
  readonly split: string;
}

/** The files of MMLU's splits, which hold all subjects; the folder of each subject beside them would count twice. */
export function mmluFiles(split: 'test' | 'dev'): UsualFiles {
  return { files: 'all/*', split };
}

/** Options of a data set on the hub that takes the place of a file. */
export function repositoryOptions({ files, split }: UsualFiles) {
  const pattern = files === undefined ? '' : ` By default "${files}".`;
  return {
    repository: {
      ...placeOptions.repository,
      description: 'A data set on the Hugging Face hub, organisation/name, instead of a file.',
    },
    files: {
      ...placeOptions.files,
      description: `Which files of the repository: a name, or a pattern such as "data/*.parquet".${pattern}`,
    },
    split: {
      ...placeOptions.split,
      description: `Only files whose path names this split. By default "${split}".`,
    },
    revision: placeOptions.revision,
  } as const satisfies Readonly<Record<string, OptionSchema>>;
}
