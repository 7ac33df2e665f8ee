import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createLexer, lex } from '../../grammar/lexer.js';
import { HplParser, parseTokens } from '../../grammar/parser.js';

test('the grammar is valid: no ambiguity, no left recursion, no token that another hides', () => {
  expect(() => new HplParser({ skipValidations: false })).not.toThrow();
  expect(createLexer({ skipValidations: false }).lexerDefinitionErrors).toEqual([]);
});

test('the design example is read without a problem', () => {
  const lexed = lex(readFileSync('test/cases/compiles/design-example.hpl', 'utf8'));
  expect(lexed.problems).toEqual([]);
  expect(parseTokens(lexed.tokens, 'file').problems).toEqual([]);
});

test('a word that begins with a keyword is a word', () => {
  const names = lex('pipelines format orange user').tokens.map(({ tokenType }) => tokenType.name);
  expect(names).toEqual(['Identifier', 'Identifier', 'Identifier', 'Identifier']);
});

test('line breaks count in braces and not in brackets and parentheses', () => {
  const lines = (text: string): number =>
    lex(text).tokens.filter(({ tokenType }) => tokenType.name === 'Newline').length;
  expect([lines('{\n\n}'), lines('[\n1,\n2\n]'), lines('(\n1\n)'), lines('[a {\n}\n]')]).toEqual([
    2, 0, 0, 1,
  ]);
});

test('no word of attention stands in the grammar', () => {
  const rules = readFileSync('grammar/hpl.ebnf', 'utf8');
  expect(rules).not.toMatch(/attention|window|linear|model|transfer|hedgehog|stage/i);
});
