import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Chevrotain from 'chevrotain';

// Chevrotain's own entry loads several hundred small files, which takes longer than all the rest of "hpl check". The
// bundle beside it is the same code in one file, but is not among the package's exports.
const entry = pathToFileURL(createRequire(import.meta.url).resolve('chevrotain'));
const bundle = new URL('../chevrotain.mjs', entry);
const chevrotain = (await import(bundle.href)) as typeof Chevrotain;

export const { createToken, createTokenInstance, CstParser, EOF, Lexer, tokenLabel } = chevrotain;

/** For the generator of the CST's types, which must meet the same classes. @public */
export const generateCstDts = chevrotain.generateCstDts;
