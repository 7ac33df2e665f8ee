import type { IParserErrorMessageProvider, TokenType } from 'chevrotain';
import { EOF, tokenLabel } from './chevrotain.js';
import { Equals, Identifier, LeftBrace, RightBrace, RightBracket, RightParenthesis } from './tokens.js';

const inBody = 'a setting "name = value", a block "kind name { … }", or "}"';

/** What may stand where a rule wants this token: more than the token itself where the rule could also go on. */
const phrases = new Map<TokenType, string>([
  [EOF, '"use" or "pipeline"'],
  [Identifier, 'a name'],
  [Equals, '"=" and a value'],
  [LeftBrace, '"{"'],
  [RightBrace, inBody],
  [RightBracket, '"," or "]"'],
  [RightParenthesis, '")"'],
]);

/** Says only what was expected. Whoever reports the error adds what was found, and what to do. */
export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => phrases.get(expected) ?? tokenLabel(expected),
  buildNotAllInputParsedMessage: ({ ruleName }) =>
    ruleName === 'override' ? 'the end of the value' : '"use" or "pipeline"',
  buildNoViableAltMessage: ({ customUserDescription }) => customUserDescription ?? 'an operator and a value',
  buildEarlyExitMessage: ({ customUserDescription }) => customUserDescription ?? 'a value',
};
