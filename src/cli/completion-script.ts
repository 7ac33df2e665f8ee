import type { Command } from 'commander';

/** The shells that completion is written for. */
export type Shell = 'bash' | 'zsh' | 'fish';

/** A command with all that can follow it. */
interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly subcommands: readonly string[];
  readonly options: readonly CompletableOption[];
}

interface CompletableOption {
  readonly long: string;
  readonly description: string;
  /** Whether a value follows, and which words it can be where they are few. */
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

/** The completion script of a shell, made from the commands as they are declared. */
export function completionScript(shell: Shell, program: Command): string {
  const commands = program.commands.map(describe);
  const writers: Readonly<Record<Shell, (all: readonly Completable[]) => string>> = {
    bash: bashScript,
    zsh: zshScript,
    fish: fishScript,
  };
  return writers[shell](commands);
}

function describe(command: Command): Completable {
  const own = command.options.map((option) => ({
    long: option.long ?? '',
    description: option.description,
    takesValue: option.required || option.optional,
    values: wordsIn(option.description),
  }));
  const help = { long: '--help', description: 'print help', takesValue: false, values: [] };
  return {
    name: command.name(),
    summary: command.summary() === '' ? command.description() : command.summary(),
    subcommands: command.commands.map((one) => one.name()),
    options: [...own.filter(({ long }) => long !== ''), help],
  };
}

// Options of few values say them in their description: "the view: auto, tty, plain".
function wordsIn(description: string): readonly string[] {
  const list = /: ((?:[a-z]+, )+[a-z]+)$/.exec(description)?.[1];
  return list?.split(', ') ?? [];
}

function bashScript(commands: readonly Completable[]): string {
  const cases = commands.map(({ name, subcommands, options }) => {
    const words = [...subcommands, ...options.map(({ long }) => long)].join(' ');
    const values = options
      .filter((option) => option.values.length > 0)
      .map(
        ({ long, values: list }) =>
          `        ${long}) COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$word")); return ;;`,
      );
    const files = `        *) [[ "$word" == -* ]] && COMPREPLY=($(compgen -W "${words}" -- "$word")) || COMPREPLY=($(compgen -W "${subcommands.join(' ')}" -f -- "$word")) ;;`;
    return [`    ${name})`, '      case "$before" in', ...values, files, '      esac ;;'].join('\n');
  });
  return `# Completion of hpl for bash: source <(hpl completion bash)
_hpl() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -o filenames -F _hpl hpl
`;
}

function zshScript(commands: readonly Completable[]): string {
  const names = commands.map(
    ({ name, summary }) => `    ${zshQuoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`,
  );
  const cases = commands.map(({ name, subcommands, options }) => {
    const specs = options.map(({ long, description, takesValue, values }) => {
      const text = `${long}[${description.replace(/[[\]]/g, '\\$&')}]`;
      if (!takesValue) return zshQuoted(text);
      return zshQuoted(`${text}:value:${values.length > 0 ? `(${values.join(' ')})` : '_files'}`);
    });
    const rest =
      subcommands.length > 0 ? zshQuoted(`1:command:(${subcommands.join(' ')})`) : zshQuoted('*:file:_files');
    return `    ${name}) _arguments ${[...specs, rest].join(' ')} ;;`;
  });
  return `#compdef hpl
# Completion of hpl for zsh.
_hpl() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
if [[ "$funcstack[1]" == _hpl ]]; then _hpl "$@"; else compdef _hpl hpl; fi
`;
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishScript(commands: readonly Completable[]): string {
  const lines = commands.flatMap(({ name, summary, subcommands, options }) => [
    `complete -c hpl -n __fish_use_subcommand -f -a ${name} -d ${fishQuoted(summary)}`,
    ...subcommands.map((one) => `complete -c hpl -n '__fish_seen_subcommand_from ${name}' -f -a ${one}`),
    ...options.map(({ long, description, takesValue, values }) => {
      const value = !takesValue ? '' : values.length > 0 ? ` -x -a ${fishQuoted(values.join(' '))}` : ' -r';
      return `complete -c hpl -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)} -d ${fishQuoted(description)}${value}`;
    }),
  ]);
  return `# Completion of hpl for fish.\n${lines.join('\n')}\n`;
}

function fishQuoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
