import type { CstNode, IToken } from 'chevrotain';
import type { FileCstNode, OverrideCstNode } from '../../grammar/cst.js';
import { lex, type Lexed, type LexicalProblem } from '../../grammar/lexer.js';
import { parseTokens, type ParserProblem } from '../../grammar/parser.js';
import { positionOf } from '../base/source-position.js';
import type { Diagnostic } from '../base/diagnostic.js';
import type { Source } from '../base/span.js';
import type { File, Param } from './ast.js';
import { buildFile, buildOverride } from './build-ast.js';
import { diagnoseEscapes, diagnoseLexical } from './parse-lexical.js';
import {
  diagnoseMissingCommas,
  diagnoseMissingSeparators,
  diagnoseParser,
  lacksBrace,
} from './parse-problems.js';

/** What could be read of a source, and every syntax error in it. */
export interface ParsedSource<Tree> {
  readonly source: Source;
  readonly tree: Tree;
  readonly diagnostics: readonly Diagnostic[];
  /** Brackets are missing or too many, so that what belongs where is a guess. */
  readonly isGuess: boolean;
  /** Every token and comment as written. */
  readonly written: readonly IToken[];
}

/** Parses a whole file. With any diagnostic, the tree lacks what could not be read. Never throws. */
export function parse(source: Source): ParsedSource<File> {
  return parseWith(source, 'file', (tree) => buildFile(tree as FileCstNode, source));
}

/** Parses what follows `--set`: `name=value`, where the value is one of the language. */
export function parseOverride(source: Source): ParsedSource<Param | undefined> {
  return parseWith(source, 'override', (tree) => buildOverride(tree as OverrideCstNode, source));
}

function parseWith<Tree>(
  source: Source,
  rule: 'file' | 'override',
  build: (tree: CstNode) => Tree,
): ParsedSource<Tree> {
  const lexed = lex(source.text);
  const parsed = parseTokens(lexed.tokens, rule);
  return {
    source,
    tree: build(parsed.tree),
    diagnostics: diagnoseAll(source, lexed, parsed.problems, parsed.tree),
    isGuess: lexed.problems.some(isGuesswork),
    written: lexed.written,
  };
}

function isGuesswork({ kind }: LexicalProblem): boolean {
  return kind === 'unclosed' || kind === 'unopened' || kind === 'too-complex';
}

/** One mistake spoils the rest of its line, so a line gets one diagnostic of the parser, and none after a lexical one. */
function diagnoseAll(
  source: Source,
  lexed: Lexed,
  problems: readonly ParserProblem[],
  tree: CstNode,
): readonly Diagnostic[] {
  const lexical = oncePerLine([
    ...withoutPartners(lexed.problems, problems).map((problem) => diagnoseLexical(problem, source)),
    ...lexed.tokens.flatMap((token) => diagnoseEscapes(token, source)),
  ]);
  const spoilt = new Set(lexical.map(lineOf));
  const grammatical = [
    ...problems.map((problem) => diagnoseParser(problem, source)),
    ...diagnoseMissingSeparators(tree, source),
    ...diagnoseMissingCommas(tree, source),
  ].filter((diagnostic) => {
    const line = lineOf(diagnostic);
    if (spoilt.has(line)) return false;
    spoilt.add(line);
    // A calculation that goes on below without parentheses is one mistake, not two.
    if (diagnostic.code === 'missing-value' && textOf(diagnostic) !== '=') spoilt.add(line + 1);
    return true;
  });
  return [...lexical, ...grammatical].sort((left, right) => left.span.start - right.span.start);
}

/** A forgotten "{" is one mistake: the "}" that it leaves without a partner is none. */
function withoutPartners(
  lexical: readonly LexicalProblem[],
  problems: readonly ParserProblem[],
): readonly LexicalProblem[] {
  let partnerless = problems.filter(lacksBrace).length;
  return lexical.filter((problem) => {
    const isPartner = problem.kind === 'unopened' && problem.image === '}' && partnerless > 0;
    if (isPartner) partnerless -= 1;
    return !isPartner;
  });
}

function lineOf({ span }: Diagnostic): number {
  return positionOf(span.source, span.start).line;
}

/** A file in another language would have a strange character at every other word. */
function oncePerLine(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter((diagnostic) => {
    const key = `${diagnostic.code} ${lineOf(diagnostic)}`;
    const isFirst = diagnostic.code !== 'unexpected-character' || !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}

function textOf({ span }: Diagnostic): string {
  return span.source.text.slice(span.start, span.end);
}
