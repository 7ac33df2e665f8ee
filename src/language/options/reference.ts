import { closestName } from '../../base/closest-name.js';
import type { Json } from '../../base/json.js';
import type { Value, Word } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import type { DeclaredStage } from '../resolve.js';
import { artifactWords, describeSchema, describeValue } from './describe.js';
import { fail, type Place, type Scope } from './scope.js';

/** Reads the name of a stage whose output has a type that fits. */
export function evaluateReference(value: Value, place: Place, scope: Scope): Json | undefined {
  if (value.kind !== 'word') {
    const found = describeValue(value);
    const expected = describeSchema(place.schema);
    fail(scope, place, diagnose('type-mismatch', { key: place.key, found, expected }, { span: value.span }));
    return undefined;
  }
  const stage = scope.program.stages.get(value.text);
  if (stage === undefined) {
    unknownReference(value, place, scope);
    return undefined;
  }
  if (stage.signature === undefined) {
    scope.poison();
    return undefined;
  }
  if (!fits(stage, place)) {
    wrongArtifact(value, stage, place, scope);
    return undefined;
  }
  scope.inputs.push({ pointer: place.pointer, stage: value.text });
  return { stage: value.text };
}

function unknownReference(word: Word, place: Place, scope: Scope): undefined {
  if (mayBeUnread(scope)) {
    scope.poison();
    return undefined;
  }
  const { span, text } = word;
  const close = closestName(text, scope.program.stages.keys());
  const fix = close === undefined ? undefined : { span, text: close };
  const known = fittingStages(place, scope);
  fail(scope, place, diagnose('unknown-reference', { name: text, known }, { span, fix }));
  return undefined;
}

/** The stage may stand among what could not be read, or be a block whose name was forgotten. */
function mayBeUnread({ program }: Scope): boolean {
  const body = program.pipeline?.body;
  if (body === undefined) return false;
  return body.isDamaged || body.items.some((item) => item.kind === 'block' && item.name === undefined);
}

function wrongArtifact(word: Word, stage: DeclaredStage, place: Place, scope: Scope): undefined {
  const found = {
    name: word.text,
    kind: stage.block.type.text,
    gives: artifactWords(stage.signature?.output),
    wanted: artifactWords(place.schema['x-ref']),
    fitting: fittingStages(place, scope),
  };
  const related = [{ message: 'declared here', span: stage.name.span }];
  fail(scope, place, diagnose('wrong-artifact', found, { span: word.span, related }));
  return undefined;
}

function fits(stage: DeclaredStage, { schema }: Place): boolean {
  const wanted = schema['x-ref'] ?? [];
  const output = stage.signature?.output;
  return output !== undefined && (typeof wanted === 'string' ? wanted === output : wanted.includes(output));
}

function fittingStages(place: Place, scope: Scope): readonly string[] {
  return [...scope.program.stages.values()]
    .filter((stage) => fits(stage, place))
    .map(({ name }) => name.text);
}
