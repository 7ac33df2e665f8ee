import type { CstNode, IToken } from 'chevrotain';
import type {
  BodyCstNode,
  EntryCstNode,
  FileCstNode,
  ItemCstNode,
  OverrideCstNode,
  ParamCstNode,
  PipelineCstNode,
  UseCstNode,
  VersionCstNode,
} from '../../grammar/cst.js';
import type { Source, Span } from '../base/span.js';
import type { Block, Body, File, Item, Name, Param, Pipeline, Setting, Use, Version } from './ast.js';
import { all, first } from './build-ast-children.js';
import { spanOfNode, spanOfToken } from './build-ast-spans.js';
import { ValueBuilder } from './build-ast-values.js';

/** Builds the tree that the checker reads. What a syntax error left out is left out, or stands as `missing`. */
export function buildFile(tree: FileCstNode, source: Source): File {
  const builder = new ItemBuilder(source);
  return {
    kind: 'file',
    items: builder.items(tree.children.item),
    span: { source, start: 0, end: source.text.length },
  };
}

/** Builds what follows `--set`; nothing where not even a name could be read. */
export function buildOverride(tree: OverrideCstNode, source: Source): Param | undefined {
  return new ItemBuilder(source).param(tree);
}

class ItemBuilder {
  readonly values: ValueBuilder;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
    this.values = new ValueBuilder(source, (node) => this.body(node));
  }

  items(nodes: readonly ItemCstNode[] | undefined): readonly Item[] {
    return all(nodes).flatMap((node) => this.#item(node) ?? []);
  }

  body(node: BodyCstNode): Body {
    const nodes = all(node.children.item);
    const items = this.items(nodes);
    const isDamaged = node.recoveredNode === true || nodes.length !== items.length || nodes.some(isRecovered);
    return { kind: 'body', items, isDamaged, span: spanOfNode(node, this.#source) };
  }

  #item({ children }: ItemCstNode): Item | undefined {
    const version = first(children.version);
    if (version !== undefined) return this.#version(version);
    const use = first(children.use);
    if (use !== undefined) return this.#use(use);
    const pipeline = first(children.pipeline);
    if (pipeline !== undefined) return this.#pipeline(pipeline);
    const param = first(children.param);
    if (param !== undefined) return this.param(param);
    const entry = first(children.entry);
    return entry === undefined ? undefined : this.#entry(entry);
  }

  #version(node: VersionCstNode): Version | undefined {
    const number = first(node.children.number);
    return number && { kind: 'version', text: number.image, span: this.#span(node) };
  }

  #use(node: UseCstNode): Use | undefined {
    const path = first(node.children.path);
    return path && { kind: 'use', path: this.values.string(path), span: this.#span(node) };
  }

  #pipeline(node: PipelineCstNode): Pipeline | undefined {
    const name = this.#name(first(node.children.name));
    const body = first(node.children.body);
    if (name === undefined || body === undefined) return undefined;
    return { kind: 'pipeline', name, body: this.body(body), span: this.#span(node) };
  }

  param(node: ParamCstNode | OverrideCstNode): Param | undefined {
    const name = this.#name(first(node.children.name));
    if (name === undefined) return undefined;
    const value = this.values.value(first(node.children.value), node);
    return { kind: 'param', name, value, span: this.#span(node) };
  }

  #entry(node: EntryCstNode): Setting | Block | undefined {
    const word = this.#name(first(node.children.word));
    if (word === undefined) return undefined;
    const body = first(node.children.body);
    if (body !== undefined) {
      if (first(body.children.LeftBrace) === undefined) return undefined;
      const name = this.#name(first(node.children.name));
      const block = { kind: 'block', type: word, body: this.body(body), span: this.#span(node) } as const;
      return name === undefined ? block : { ...block, name };
    }
    if (first(node.children.Equals) === undefined) return undefined;
    const value = this.values.value(first(node.children.value), node);
    return { kind: 'setting', key: word, value, span: this.#span(node) };
  }

  #name(token: IToken | undefined): Name | undefined {
    return token && { kind: 'name', text: token.image, span: spanOfToken(token, this.#source) };
  }

  #span(node: CstNode): Span {
    return spanOfNode(node, this.#source);
  }
}

function isRecovered({ children }: ItemCstNode): boolean {
  const nodes = [
    first(children.version),
    first(children.use),
    first(children.pipeline),
    first(children.param),
    first(children.entry),
  ];
  return nodes.some((node) => node?.recoveredNode === true);
}
