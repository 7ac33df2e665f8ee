import type { Diagnostic } from '../../base/diagnostic.js';
import type { Block, Body, Item, Value } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import type { Report } from '../report.js';
import type { StructureCheck } from './check.js';

/** Everything stands where it belongs: versions and plugins first, blocks and params directly in the pipeline. */
export const placement: StructureCheck = ({ file, pipeline, signatures, parsed }, report) => {
  file.items.forEach((item, index) => {
    if (item.kind === 'version' && index > 0)
      misplaced(item, 'below other lines', 'on the first line', report);
    // Without a pipeline that alone is reported.
    if (pipeline !== undefined && ['setting', 'block', 'param'].includes(item.kind)) {
      misplaced(item, 'outside the pipeline', 'inside its braces', report);
    }
  });
  for (const item of pipeline?.body.items ?? []) {
    if (item.kind === 'version' || item.kind === 'use' || item.kind === 'pipeline') {
      misplaced(item, 'inside a pipeline', 'above it, on a line of its own', report);
    }
    if (item.kind !== 'block') continue;
    if (isReserved(item) && !signatures.stages.has(item.type.text)) {
      report(diagnose('not-supported', { word: item.type.text }, { span: item.type.span }));
      continue;
    }
    if (item.name === undefined && !isUnreadable(item, parsed.diagnostics)) {
      report(diagnose('missing-block-name', { kind: item.type.text }, { span: item.type.span }));
    }
    onlySettings(item.body, `inside the ${item.type.text} block`, report);
  }
};

/** The name may be what could not be read. */
function isUnreadable({ type, body }: Block, diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ span }) => span.start >= type.span.end && span.start < body.span.start);
}

/** Words that are set aside for comparing variants. */
export function isReserved(block: Block): boolean {
  return ['matrix', 'compare'].includes(block.type.text);
}

function onlySettings(body: Body, where: string, report: Report): void {
  for (const item of body.items) {
    if (item.kind === 'setting') insideValue(item.value, report);
    else misplaced(item, where, 'directly in the pipeline', report);
  }
}

function insideValue(value: Value, report: Report): void {
  if (value.kind === 'component') onlySettings(value.body, `inside ${value.name.text}`, report);
  if (value.kind === 'list') {
    value.elements.forEach((element) => {
      insideValue(element, report);
    });
  }
}

function misplaced(item: Item, where: string, belongs: string, report: Report): void {
  const { what, span } = headOf(item);
  report(diagnose('misplaced-item', { what, where, belongs }, { span }));
}

function headOf(item: Item): { what: string; span: Item['span'] } {
  switch (item.kind) {
    case 'version':
      return { what: 'the version of the language', span: item.span };
    case 'use':
      return { what: '"use"', span: item.span };
    case 'pipeline':
      return { what: `the pipeline "${item.name.text}"`, span: item.name.span };
    case 'param':
      return { what: `the param "${item.name.text}"`, span: item.name.span };
    case 'setting':
      return { what: `the setting "${item.key.text}"`, span: item.key.span };
    case 'block':
      return { what: `a block "${item.type.text}"`, span: item.type.span };
  }
}
