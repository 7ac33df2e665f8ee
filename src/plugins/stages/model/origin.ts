import type { OptionProblem } from '../../../base/signatures.js';

type Given = Readonly<Record<string, unknown>>;

/** Where a model can come from: the option that says so, and the options that belong to it. */
const origins = [
  { option: 'source', belonging: [] },
  { option: 'repository', belonging: ['revision'] },
  { option: 'package', belonging: ['file', 'sha256'] },
] as const;

/** Exactly one origin, and nothing that belongs to another. */
export function originProblems(options: Given): readonly OptionProblem[] {
  const given = origins.filter(({ option }) => options[option] !== undefined);
  const [first, second] = given;
  if (first === undefined)
    return [problem('', 'None of "source", "repository" and "package" is set. Set one of them.')];
  if (second !== undefined)
    return [
      problem(
        `/${second.option}`,
        `Both "${first.option}" and "${second.option}" are set. Keep one of them.`,
      ),
    ];
  return [
    ...strangers(options, first.option),
    ...(first.option === 'package' ? packageProblems(options) : []),
  ];
}

function strangers(options: Given, origin: string): readonly OptionProblem[] {
  return origins
    .filter(({ option }) => option !== origin)
    .flatMap(({ option, belonging }) =>
      belonging
        .filter((name) => options[name] !== undefined)
        .map((name) =>
          problem(`/${name}`, `"${name}" belongs to "${option}", not to "${origin}". Remove it.`),
        ),
    );
}

/** A package is named to the byte: version and checksum. */
function packageProblems(options: Given): readonly OptionProblem[] {
  const missing = ['file', 'sha256']
    .filter((name) => options[name] === undefined)
    .map((name) => problem('/package', `"package" needs "${name}": ${needs[name as keyof typeof needs]}.`));
  const text = String(options['package']);
  return text.includes('==')
    ? missing
    : [problem('/package', `"${text}" names no version. Write "${text}==VERSION".`), ...missing];
}

const needs = {
  file: "the model's path in the package, which ends with .gguf",
  sha256: "the SHA-256 of the model's content, as sha256sum prints it",
} as const;

function problem(pointer: string, message: string): OptionProblem {
  return { pointer, keyword: 'rule', message };
}
