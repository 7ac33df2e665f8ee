import type { CstNode, IToken, TokenType } from 'chevrotain';
import { CstParser } from './chevrotain.js';
import { expectations } from './expectations.js';
import {
  AndKeyword,
  Arrow,
  Comma,
  Comparison,
  Divide,
  Dot,
  DotDot,
  Equals,
  FalseKeyword,
  ForKeyword,
  HplKeyword,
  Identifier,
  LeftBrace,
  LeftBracket,
  LeftParenthesis,
  Minus,
  Newline,
  NotKeyword,
  NumberLiteral,
  OrKeyword,
  ParamKeyword,
  Percent,
  PipelineKeyword,
  Plus,
  RightBrace,
  RightBracket,
  RightParenthesis,
  StringLiteral,
  Times,
  TrueKeyword,
  UseKeyword,
  vocabulary,
} from './tokens.js';

/** The grammar of `.hpl`: rules only. What may stand where, and what a word means, is decided after parsing. */
export class HplParser extends CstParser {
  /** Validating the grammar itself takes as long as all the rest of the start, so a test does it, once. */
  constructor({ skipValidations }: { readonly skipValidations: boolean }) {
    super([...vocabulary], {
      recoveryEnabled: true,
      nodeLocationTracking: 'onlyOffset',
      maxLookahead: 2,
      skipValidations,
      errorMessageProvider: expectations,
    });
    this.performSelfAnalysis();
  }

  /** Brackets come balanced and names cannot be guessed: inventing either only moves the error. */
  override canTokenTypeBeInsertedInRecovery(type: TokenType): boolean {
    return type === Equals;
  }

  /** A whole file. */
  readonly file = this.RULE('file', () => {
    this.MANY(() => {
      this.OR({
        DEF: [
          { ALT: () => this.CONSUME(Newline) },
          { ALT: () => this.CONSUME(Comma) },
          { ALT: () => this.SUBRULE(this.item) },
        ],
      });
    });
  });

  /** What follows `--set`. */
  readonly override = this.RULE('override', () => {
    this.CONSUME(Identifier, { LABEL: 'name' });
    this.CONSUME(Equals);
    this.SUBRULE(this.value);
  });

  private readonly body = this.RULE('body', () => {
    this.CONSUME(LeftBrace);
    this.MANY(() => {
      this.OR({
        DEF: [
          { ALT: () => this.CONSUME(Newline) },
          { ALT: () => this.CONSUME(Comma) },
          { ALT: () => this.SUBRULE(this.item) },
        ],
      });
    });
    this.CONSUME(RightBrace);
  });

  private readonly item = this.RULE('item', () => {
    this.OR({
      ERR_MSG: 'a setting "name = value" or a block "kind name { … }"',
      DEF: [
        { ALT: () => this.SUBRULE(this.version) },
        { ALT: () => this.SUBRULE(this.use) },
        { ALT: () => this.SUBRULE(this.pipeline) },
        { ALT: () => this.SUBRULE(this.param) },
        { ALT: () => this.SUBRULE(this.entry) },
      ],
    });
  });

  private readonly version = this.RULE('version', () => {
    this.CONSUME(HplKeyword);
    this.CONSUME(NumberLiteral, { LABEL: 'number' });
  });

  private readonly use = this.RULE('use', () => {
    this.CONSUME(UseKeyword);
    this.CONSUME(StringLiteral, { LABEL: 'path' });
  });

  private readonly pipeline = this.RULE('pipeline', () => {
    this.CONSUME(PipelineKeyword);
    this.CONSUME(Identifier, { LABEL: 'name' });
    this.SUBRULE(this.body);
  });

  private readonly param = this.RULE('param', () => {
    this.CONSUME(ParamKeyword);
    this.CONSUME(Identifier, { LABEL: 'name' });
    this.CONSUME(Equals);
    this.SUBRULE(this.value);
  });

  /** `key = value`, or `kind name { … }`; a block without a name is reported after parsing. */
  private readonly entry = this.RULE('entry', () => {
    this.CONSUME(Identifier, { LABEL: 'word' });
    this.OR({
      ERR_MSG: '"=" and a value, or a block "kind name { … }"',
      DEF: [
        {
          ALT: () => {
            this.CONSUME(Equals);
            this.SUBRULE(this.value);
          },
        },
        {
          ALT: () => {
            this.OPTION(() => this.CONSUME2(Identifier, { LABEL: 'name' }));
            this.SUBRULE(this.body);
          },
        },
      ],
    });
  });

  private readonly value = this.RULE('value', () => {
    this.SUBRULE(this.disjunction, { LABEL: 'steps' });
    this.MANY(() => {
      this.CONSUME(Arrow);
      this.SUBRULE2(this.disjunction, { LABEL: 'steps' });
    });
  });

  private readonly disjunction = this.RULE('disjunction', () => {
    this.SUBRULE(this.conjunction, { LABEL: 'operands' });
    this.MANY(() => {
      this.CONSUME(OrKeyword, { LABEL: 'operators' });
      this.SUBRULE2(this.conjunction, { LABEL: 'operands' });
    });
  });

  private readonly conjunction = this.RULE('conjunction', () => {
    this.SUBRULE(this.negation, { LABEL: 'operands' });
    this.MANY(() => {
      this.CONSUME(AndKeyword, { LABEL: 'operators' });
      this.SUBRULE2(this.negation, { LABEL: 'operands' });
    });
  });

  private readonly negation = this.RULE('negation', () => {
    this.MANY(() => this.CONSUME(NotKeyword));
    this.SUBRULE(this.comparison);
    this.OPTION(() => {
      this.CONSUME(ForKeyword);
      this.SUBRULE(this.number, { LABEL: 'duration' });
    });
  });

  private readonly comparison = this.RULE('comparison', () => {
    this.SUBRULE(this.sum, { LABEL: 'operands' });
    this.MANY(() => {
      this.CONSUME(Comparison, { LABEL: 'operators' });
      this.SUBRULE2(this.sum, { LABEL: 'operands' });
    });
  });

  private readonly sum = this.RULE('sum', () => {
    this.SUBRULE(this.product, { LABEL: 'operands' });
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(Plus, { LABEL: 'operators' }) },
        { ALT: () => this.CONSUME(Minus, { LABEL: 'operators' }) },
      ]);
      this.SUBRULE2(this.product, { LABEL: 'operands' });
    });
  });

  private readonly product = this.RULE('product', () => {
    this.SUBRULE(this.sign, { LABEL: 'operands' });
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(Times, { LABEL: 'operators' }) },
        { ALT: () => this.CONSUME(Divide, { LABEL: 'operators' }) },
      ]);
      this.SUBRULE2(this.sign, { LABEL: 'operands' });
    });
  });

  private readonly sign = this.RULE('sign', () => {
    this.MANY(() => this.CONSUME(Minus));
    this.SUBRULE(this.range);
  });

  private readonly range = this.RULE('range', () => {
    this.SUBRULE(this.atom, { LABEL: 'bounds' });
    this.OPTION(() => {
      this.CONSUME(DotDot);
      this.SUBRULE2(this.atom, { LABEL: 'bounds' });
    });
  });

  private readonly atom = this.RULE('atom', () => {
    this.OR({
      ERR_MSG: 'a value',
      DEF: [
        { ALT: () => this.SUBRULE(this.number) },
        { ALT: () => this.CONSUME(StringLiteral, { LABEL: 'string' }) },
        { ALT: () => this.CONSUME(TrueKeyword, { LABEL: 'boolean' }) },
        { ALT: () => this.CONSUME(FalseKeyword, { LABEL: 'boolean' }) },
        { ALT: () => this.SUBRULE(this.list) },
        { ALT: () => this.SUBRULE(this.group) },
        { ALT: () => this.SUBRULE(this.word) },
      ],
    });
  });

  private readonly number = this.RULE('number', () => {
    this.CONSUME(NumberLiteral, { LABEL: 'number' });
    this.OPTION({
      // In `a = 1 b = 2` the `b` begins a setting whose separator is missing; it is no unit.
      GATE: () => this.LA(2).tokenType !== Equals,
      DEF: () => {
        this.OR([
          { ALT: () => this.CONSUME(Identifier, { LABEL: 'unit' }) },
          { ALT: () => this.CONSUME(Percent, { LABEL: 'unit' }) },
        ]);
      },
    });
  });

  /** A missing comma is reported after parsing, so that the elements behind it are read. */
  private readonly list = this.RULE('list', () => {
    this.CONSUME(LeftBracket);
    this.OPTION(() => {
      this.SUBRULE(this.value, { LABEL: 'elements' });
      this.MANY(() => {
        this.OPTION2(() => this.CONSUME(Comma));
        this.SUBRULE2(this.value, { LABEL: 'elements' });
      });
      this.OPTION3(() => this.CONSUME2(Comma));
    });
    this.CONSUME(RightBracket);
  });

  private readonly group = this.RULE('group', () => {
    this.CONSUME(LeftParenthesis);
    this.SUBRULE(this.value);
    this.CONSUME(RightParenthesis);
  });

  /** A name, a metric, a component with settings, or a function of a condition. */
  private readonly word = this.RULE('word', () => {
    this.CONSUME(Identifier, { LABEL: 'parts' });
    this.MANY(() => {
      this.CONSUME(Dot);
      this.CONSUME2(Identifier, { LABEL: 'parts' });
    });
    this.OPTION(() => {
      this.OR([{ ALT: () => this.SUBRULE(this.body) }, { ALT: () => this.SUBRULE(this.functionArguments) }]);
    });
  });

  /** As in a list, a missing comma is reported after parsing. */
  private readonly functionArguments = this.RULE('functionArguments', () => {
    this.CONSUME(LeftParenthesis);
    this.OPTION(() => {
      this.SUBRULE(this.value, { LABEL: 'elements' });
      this.MANY(() => {
        this.OPTION2(() => this.CONSUME(Comma));
        this.SUBRULE2(this.value, { LABEL: 'elements' });
      });
    });
    this.CONSUME(RightParenthesis);
  });
}

/** One syntax error as the parser met it. */
export interface ParserProblem {
  /** What would have been right here, in the user's words. */
  readonly expected: string;
  /** The token in the way; at the end of the file its position is not a number. */
  readonly found: IToken;
  readonly previous: IToken | undefined;
}

export interface Parsed {
  /** May lack children wherever a problem was met. */
  readonly tree: CstNode;
  readonly problems: readonly ParserProblem[];
}

let parser: HplParser | undefined;

/**
 * The one parser, made at the first use. Its input is replaced by each parse.
 * @public scripts/generate-grammar.mjs reads the grammar from it.
 */
export function hplParser(): HplParser {
  parser ??= new HplParser({ skipValidations: true });
  return parser;
}

/** Parses balanced tokens. Never throws for what the user wrote. */
export function parseTokens(tokens: readonly IToken[], rule: 'file' | 'override'): Parsed {
  const instance = hplParser();
  instance.input = [...tokens];
  const tree = instance[rule]();
  const problems = instance.errors.map((error) => ({
    expected: error.message,
    found: error.token,
    previous: 'previousToken' in error ? (error.previousToken as IToken | undefined) : undefined,
  }));
  instance.input = [];
  return { tree, problems };
}
