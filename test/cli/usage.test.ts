import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';
import { packageVersion } from '../../src/cli/package-version.js';
import { expectText } from './expected-text.js';
import { callHpl } from './recorded-io.js';

test.each([
  {
    args: ['chek'],
    says: 'Unknown command "chek". Did you mean "check"?\nRun "hpl --help" to see what is known.',
  },
  { args: ['xyzzy'], says: 'Unknown command "xyzzy".\nRun "hpl --help" to see what is known.' },
  {
    args: ['runs', 'lst'],
    says: 'Unknown command "lst". Did you mean "list"?\nRun "hpl runs --help" to see what is known.',
  },
  {
    args: ['check', '--fromat', 'json', 'a.hpl'],
    says: 'Unknown option "--fromat". Did you mean "--format"?\nRun "hpl check --help" to see what is known.',
  },
  { args: ['run'], says: 'Missing required argument "file".\nRun "hpl run --help" to see what is known.' },
  {
    args: ['check', '--format', 'jsn', 'a.hpl'],
    says: '"jsn" is not a value of --format. Did you mean "json"? Known values: human, json, github.',
  },
  {
    args: ['run', 'a.hpl', '--progress', 'fancy'],
    says: '"fancy" is not a value of --progress. Known values: auto, tty, plain, json, quiet, none.',
  },
  {
    args: ['run', 'a.hpl', '--set', 'window'],
    says: '--set takes name=value, such as --set window=32; found "window".',
  },
  { args: ['run', 'a.hpl', '--set', 'w=1', '--set', 'w=2'], says: '--set gives "w" twice: "1" and "2".' },
  { args: ['fmt'], says: 'No file was named. Give pipeline files, or --stdin to format standard input.' },
  {
    args: ['check', 'pipelines'],
    says: '"pipelines" is a folder; name the pipeline files in it, such as pipelines/*.hpl.',
  },
  {
    args: ['plugins', 'ablat'],
    says: 'Nothing that a file can name is called "ablat". Did you mean "ablate"? "hpl plugins" shows everything.',
  },
  {
    args: ['completion', 'fissh'],
    says: '"fissh" is not a value of <shell>. Did you mean "fish"? Known values: bash, zsh, fish.',
  },
])('$args is refused with what is close and what is known', async ({ args, says }) => {
  expect(await callHpl(args)).toEqual({ code: 2, out: '', err: `error ${says}\n` });
});

test('the help of the program, of commands, and the version, are results and end with 0', async () => {
  const help = await callHpl(['--help'], '', 80);
  expect(help).toMatchObject({ code: 0, err: '' });
  expectText('help.txt', help.out);
  expectText('help-run.txt', (await callHpl(['run', '--help'])).out);
  expect(await callHpl(['--version'])).toEqual({ code: 0, out: `${packageVersion()}\n`, err: '' });
});

test('without a command the help is shown on standard error and the code is 2', async () => {
  const { code, out, err } = await callHpl([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('Usage: hpl');
});

test('every command has a summary, examples and exit codes in its help, in lines that a terminal holds', async () => {
  const program = createProgram({
    io: {
      stdout: { write: () => 0 },
      stderr: { write: () => 0 },
      env: {},
      cwd: '',
      readInput: () => Promise.resolve(''),
    },
    exitCode: 0,
  });
  const leaves = program.commands.filter((command: Command) => command.commands.length === 0);
  expect(leaves.length).toBeGreaterThan(8);
  for (const command of leaves) {
    const { out } = await callHpl([command.name(), '--help'], '', 80);
    expect(command.summary(), command.name()).not.toBe('');
    expect(out, command.name()).toContain('Examples:');
    expect(out, command.name()).toContain('Exit codes:');
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('a mistake of hpl itself is called that, with its stack', async () => {
  const { describeFailure } = await import('../../src/cli/describe-failure.js');
  const { plainPalette } = await import('../../src/report/palette.js');
  const { text, exitCode } = describeFailure(
    new TypeError('x is undefined', { cause: new Error('deep') }),
    plainPalette,
  );
  expect(exitCode).toBe(70);
  expect(text).toContain('This is a mistake in hpl, not in your file.\nPlease report it');
  expect(text).toContain('TypeError: x is undefined\n    at ');
  expect(text).toContain('Caused by: Error: deep\n    at ');
});

test('check reads standard input, and json holds every diagnostic with its place', async () => {
  const { code, out } = await callHpl(
    ['check', '-', '--format', 'json'],
    'hpl 1\n\npipeline p {\n  nothing a { }\n}\n',
  );
  expect(code).toBe(2);
  const { diagnostics } = JSON.parse(out) as {
    diagnostics: { code: string; file: string; start: { line: number } }[];
  };
  expect(diagnostics.map(({ code: kind, file, start }) => [kind, file, start.line])).toEqual([
    ['unknown-kind', 'standard input', 4],
  ]);
});

test('annotations for GitHub say file, line and message in one line', async () => {
  const { out } = await callHpl(
    ['check', '-', '--format', 'github'],
    'hpl 1\n\npipeline p {\n  nothing a { }\n}\n',
  );
  expect(out).toMatch(
    /^::error file=standard input,line=4,col=3,endLine=4,endColumn=10,title=unknown-kind::No plugin makes .*\n$/,
  );
});

test('fmt --stdin writes the one form to standard output', async () => {
  const { code, out } = await callHpl(
    ['fmt', '--stdin'],
    'hpl 1\npipeline p{\n# why\nevaluate a{\nmodel=b\n}\n}\n',
  );
  expect(code).toBe(0);
  expect(out).toContain('  # why\n  evaluate a {\n    model = b\n  }\n');
  expect(await callHpl(['fmt', '--stdin', '--check'], out)).toEqual({ code: 0, out: '', err: '' });
});

test('plugins in json name every setting with its schema', async () => {
  const { out } = await callHpl(['plugins', 'ablate', '--json']);
  const { plugins } = JSON.parse(out) as {
    plugins: { kind: string; options: { properties: Record<string, unknown> } }[];
  };
  expect(plugins).toHaveLength(1);
  expect(Object.keys(plugins[0]!.options.properties)).toContain('branches');
});

test.each(['bash', 'zsh', 'fish'])(
  'the completion script for %s knows commands, options and their values',
  async (shell) => {
    const { code, out } = await callHpl(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['check', 'plugins', 'detailed-exitcode', 'auto tty plain json quiet none'])
      expect(out).toContain(word);
  },
);

test('bash completes a command, a flag and a value', async () => {
  const { out } = await callHpl(['completion', 'bash']);
  const complete = (...words: readonly string[]): string =>
    execFileSync(
      'bash',
      [
        '-c',
        `${out}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hpl; echo "\${COMPREPLY[*]}"`,
        'bash',
        ...words,
      ],
      {
        encoding: 'utf8',
      },
    ).trim();
  expect(complete('hpl', 'pl')).toBe('plan plugins');
  expect(complete('hpl', 'plan', '--det')).toBe('--detailed-exitcode');
  expect(complete('hpl', 'run', '--progress', 'p')).toBe('plain');
  expect(complete('hpl', 'runs', 'sh')).toBe('show');
});
