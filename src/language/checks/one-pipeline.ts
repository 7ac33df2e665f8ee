import { diagnose } from '../diagnostics.js';
import type { StructureCheck } from './check.js';

/** A file holds exactly one pipeline. */
export const onePipeline: StructureCheck = ({ file, pipeline, parsed }, report) => {
  if (pipeline === undefined) {
    // The pipeline may be what could not be read.
    if (parsed.diagnostics.length > 0) return;
    const stray = file.items.find(({ kind }) => kind !== 'version' && kind !== 'use');
    const end = file.span.source.text.trimEnd().length;
    const span = stray?.span ?? { source: file.span.source, start: Math.max(0, end - 1), end };
    report(diagnose('missing-pipeline', {}, { span: { ...span, end: Math.min(span.end, span.start + 40) } }));
    return;
  }
  for (const other of file.items) {
    if (other.kind !== 'pipeline' || other === pipeline) continue;
    const related = [{ message: 'the first pipeline', span: pipeline.name.span }];
    report(diagnose('second-pipeline', { name: other.name.text }, { span: other.name.span, related }));
  }
};
