import type { Diagnostic } from '../base/diagnostic.js';
import type { Signatures, StageSignature } from '../base/signatures.js';
import type { Source } from '../base/span.js';
import type { Block, File, Name, Param, Pipeline, Setting, Value } from './ast.js';
import { parse, parseOverride, type ParsedSource } from './parse.js';
import { areOfOneKind } from './value-kinds.js';

/** What `--set` gives, by the name of the param, as typed. */
export type Overrides = Readonly<Record<string, string>>;

/** A block with a name, and what is known of its kind. */
export interface DeclaredStage {
  readonly name: Name;
  readonly block: Block;
  /** Undefined for an unknown kind: nothing can be said about such a stage, so nothing is. */
  readonly signature: StageSignature | undefined;
}

/** A param with the value that counts: of `--set` where it is given, else of the file. */
export interface DeclaredParam {
  readonly declaration: Param;
  readonly value: Value;
  readonly origin: 'file' | '--set';
}

/** A file with its names looked up: every declaration by name, the first where a name is taken twice. */
export interface Program {
  readonly parsed: ParsedSource<File>;
  readonly file: File;
  readonly signatures: Signatures;
  readonly pipeline: Pipeline | undefined;
  readonly settings: readonly Setting[];
  readonly stages: ReadonlyMap<string, DeclaredStage>;
  readonly params: ReadonlyMap<string, DeclaredParam>;
  readonly overrides: readonly Override[];
}

/** One `--set name=value`, parsed. */
export interface Override {
  readonly param: Param | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a file and looks up what its names stand for. Reports nothing; the checks do. */
export function resolve(source: Source, signatures: Signatures, overrides: Overrides): Program {
  const parsed = parse(source);
  const file = parsed.tree;
  const pipeline = file.items.find((item) => item.kind === 'pipeline');
  const items = pipeline?.body.items ?? [];
  const parsedOverrides = Object.entries(overrides).map(([name, text]) => override(name, text));
  return {
    parsed,
    file,
    signatures,
    pipeline,
    settings: items.filter((item) => item.kind === 'setting'),
    stages: stagesOf(
      items.filter((item) => item.kind === 'block'),
      signatures,
    ),
    params: paramsOf(
      items.filter((item) => item.kind === 'param'),
      parsedOverrides,
    ),
    overrides: parsedOverrides,
  };
}

function override(name: string, text: string): Override {
  const { tree, diagnostics } = parseOverride({ file: '--set', text: `${name}=${text}` });
  return { param: tree, diagnostics };
}

function stagesOf(blocks: readonly Block[], signatures: Signatures): ReadonlyMap<string, DeclaredStage> {
  const stages = new Map<string, DeclaredStage>();
  for (const block of blocks) {
    const { name } = block;
    if (name === undefined || stages.has(name.text)) continue;
    stages.set(name.text, { name, block, signature: signatures.stages.get(block.type.text) });
  }
  return stages;
}

function paramsOf(
  declarations: readonly Param[],
  overrides: readonly Override[],
): ReadonlyMap<string, DeclaredParam> {
  const params = new Map<string, DeclaredParam>();
  for (const declaration of declarations) {
    const name = declaration.name.text;
    if (params.has(name)) continue;
    const given = overrides.find(({ param }) => param?.name.text === name);
    const value = given === undefined ? undefined : usable(given, declaration);
    params.set(
      name,
      value === undefined
        ? { declaration, value: declaration.value, origin: 'file' }
        : { declaration, value, origin: '--set' },
    );
  }
  return params;
}

/** An override that is reported anyway leaves the value of the file in place, so that nothing is reported twice. */
function usable({ param, diagnostics }: Override, { value }: Param): Value | undefined {
  if (param === undefined || diagnostics.length > 0) return undefined;
  return areOfOneKind(param.value, value) ? param.value : undefined;
}
