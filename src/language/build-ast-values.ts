import type { CstNode, IToken } from 'chevrotain';
import type {
  AtomCstNode,
  BodyCstNode,
  ComparisonCstNode,
  ConjunctionCstNode,
  DisjunctionCstNode,
  ListCstNode,
  NegationCstNode,
  NumberCstNode,
  ProductCstNode,
  RangeCstNode,
  SignCstNode,
  SumCstNode,
  ValueCstNode,
  WordCstNode,
} from '../../grammar/cst.js';
import type { Source } from '../base/span.js';
import type { Body, Negation, NumberValue, Operator, StringValue, Value } from './ast.js';
import { all, first } from './build-ast-children.js';
import { spanOfNode, spanOfToken } from './build-ast-spans.js';
import { readString } from './string-literal.js';

type Chain<Operand> = CstNode & {
  readonly children: { readonly operands?: readonly Operand[]; readonly operators?: readonly IToken[] };
};

/** Builds values. Each level of the grammar that holds a single operand and no operator vanishes. */
export class ValueBuilder {
  readonly #source: Source;
  readonly #body: (node: BodyCstNode) => Body;

  constructor(source: Source, body: (node: BodyCstNode) => Body) {
    this.#source = source;
    this.#body = body;
  }

  value(node: ValueCstNode | undefined, around: CstNode): Value {
    const built = all(node?.children.steps).map((step) => this.#disjunction(step));
    const [only] = built;
    if (node === undefined || only === undefined) return this.#missing(around);
    return built.length === 1
      ? only
      : { kind: 'schedule', steps: built, span: spanOfNode(node, this.#source) };
  }

  string(token: IToken): StringValue {
    return { kind: 'string', value: readString(token.image).value, span: spanOfToken(token, this.#source) };
  }

  #disjunction(node: DisjunctionCstNode): Value {
    return this.#chain(node, (operand: ConjunctionCstNode) => this.#conjunction(operand));
  }

  #conjunction(node: ConjunctionCstNode): Value {
    return this.#chain(node, (operand: NegationCstNode) => this.#negation(operand));
  }

  #negation(node: NegationCstNode): Value {
    const comparison = first(node.children.comparison);
    const operand = comparison === undefined ? this.#missing(node) : this.#comparison(comparison);
    const duration = first(node.children.duration);
    const held: Value =
      duration === undefined
        ? operand
        : {
            kind: 'held',
            operand,
            duration: this.#number(duration),
            span: { ...operand.span, end: spanOfNode(node, this.#source).end },
          };
    return this.#prefixed(all(node.children.NotKeyword), 'not', held);
  }

  #comparison(node: ComparisonCstNode): Value {
    return this.#chain(node, (operand: SumCstNode) => this.#sum(operand));
  }

  #sum(node: SumCstNode): Value {
    return this.#chain(node, (operand: ProductCstNode) => this.#product(operand));
  }

  #product(node: ProductCstNode): Value {
    return this.#chain(node, (operand: SignCstNode) => this.#sign(operand));
  }

  #sign(node: SignCstNode): Value {
    const range = first(node.children.range);
    const operand = range === undefined ? this.#missing(node) : this.#range(range);
    const signs = all(node.children.Minus);
    // `-5 tokens` is a number of its own; other signs are operations.
    if (operand.kind === 'number' && signs.length === 1) {
      return { ...operand, value: -operand.value, span: spanOfNode(node, this.#source) };
    }
    return this.#prefixed(signs, '-', operand);
  }

  #range(node: RangeCstNode): Value {
    const [from, to] = all(node.children.bounds).map((bound) => this.#atom(bound));
    if (from === undefined) return this.#missing(node);
    return to === undefined ? from : { kind: 'range', from, to, span: spanOfNode(node, this.#source) };
  }

  #atom(node: AtomCstNode): Value {
    const { children } = node;
    const number = first(children.number);
    if (number !== undefined) return this.#number(number);
    const string = first(children.string);
    if (string !== undefined) return this.string(string);
    const boolean = first(children.boolean);
    if (boolean !== undefined) {
      const span = spanOfToken(boolean, this.#source);
      return { kind: 'boolean', value: boolean.image === 'true', span };
    }
    const list = first(children.list);
    if (list !== undefined) return this.#list(list);
    const group = first(children.group);
    if (group !== undefined) return this.value(first(group.children.value), group);
    const word = first(children.word);
    return word === undefined ? this.#missing(node) : this.#word(word);
  }

  #list(node: ListCstNode): Value {
    const span = spanOfNode(node, this.#source);
    const elements = all(node.children.elements).map((element) => this.value(element, node));
    const hole: readonly Value[] = node.recoveredNode === true ? [{ kind: 'missing', span }] : [];
    return { kind: 'list', elements: [...elements, ...hole], span };
  }

  #number(node: NumberCstNode): NumberValue {
    const span = spanOfNode(node, this.#source);
    const number = { kind: 'number', value: Number(first(node.children.number)?.image), span } as const;
    const unit = first(node.children.unit);
    if (unit === undefined) return number;
    return {
      ...number,
      unit: { kind: 'name', text: unit.image, span: spanOfToken(unit, this.#source) },
    };
  }

  #word(node: WordCstNode): Value {
    const span = spanOfNode(node, this.#source);
    const parts = all(node.children.parts);
    const text = parts.map((part) => part.image).join('.');
    const last = parts.at(-1);
    const end = last === undefined ? span.end : spanOfToken(last, this.#source).end;
    const name = { kind: 'name', text, span: { ...span, end } } as const;
    const body = first(node.children.body);
    if (body !== undefined) return { kind: 'component', name, body: this.#body(body), span };
    const call = first(node.children.functionArguments);
    if (call === undefined) return { kind: 'word', text, span };
    const values = all(call.children.elements).map((element) => this.value(element, node));
    return { kind: 'function', name, arguments: values, span };
  }

  /** Left-associative: `a - b - c` is `(a - b) - c`. */
  #chain<Operand>(node: Chain<Operand>, build: (operand: Operand) => Value): Value {
    const operands = all(node.children.operands).map(build);
    const operators = all(node.children.operators);
    const [first = this.#missing(node), ...rest] = operands;
    return rest.reduce<Value>((left, right, index) => {
      const operator = (operators[index]?.image ?? '+') as Operator;
      return { kind: 'operation', operator, left, right, span: { ...left.span, end: right.span.end } };
    }, first);
  }

  #prefixed(tokens: readonly IToken[], operator: Negation['operator'], operand: Value): Value {
    return tokens.reduceRight<Value>(
      (inner, token) => ({
        kind: 'negation',
        operator,
        operand: inner,
        span: { ...spanOfToken(token, this.#source), end: inner.span.end },
      }),
      operand,
    );
  }

  #missing(node: CstNode): Value {
    return { kind: 'missing', span: spanOfNode(node, this.#source) };
  }
}
