import type { Body, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import type { StructureCheck } from './check.js';

/** Each param stands somewhere as a value. Says nothing of files that could only be read in part. */
export const unusedParams: StructureCheck = ({ pipeline, params, parsed }, report) => {
  if (pipeline === undefined || parsed.diagnostics.length > 0) return;
  const words = new Set<string>();
  collectBody(pipeline.body, words);
  for (const { declaration } of params.values()) {
    const { text: name, span } = declaration.name;
    if (!words.has(name)) report(diagnose('unused-param', { name }, { span }));
  }
};

function collectBody(body: Body, words: Set<string>): void {
  for (const item of body.items) {
    if (item.kind === 'setting') collect(item.value, words);
    if (item.kind === 'block') collectBody(item.body, words);
  }
}

function collect(value: Value, words: Set<string>): void {
  if (value.kind === 'word') words.add(value.text);
  if (value.kind === 'component') collectBody(value.body, words);
  for (const part of partsOf(value)) collect(part, words);
}

function partsOf(value: Value): readonly Value[] {
  switch (value.kind) {
    case 'list':
      return value.elements;
    case 'schedule':
      return value.steps;
    case 'function':
      return value.arguments;
    case 'range':
      return [value.from, value.to];
    case 'operation':
      return [value.left, value.right];
    case 'negation':
      return [value.operand];
    case 'held':
      return [value.operand, value.duration];
    default:
      return [];
  }
}
