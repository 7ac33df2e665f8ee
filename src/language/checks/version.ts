import { diagnose } from '../diagnostics.js';
import type { StructureCheck } from './check.js';

/** The file begins with the version of the language that it is written in. */
export const version: StructureCheck = ({ file }, report) => {
  const [first] = file.items;
  if (first?.kind === 'version') {
    const digits = { ...first.span, start: first.span.end - first.text.length };
    if (first.text !== '1')
      report(diagnose('unsupported-version', { version: first.text }, { span: digits }));
    return;
  }
  // A version further down is reported as misplaced; saying that it is missing too would be a second word for it.
  if (file.items.some(({ kind }) => kind === 'version')) return;
  const start = first?.span.start ?? 0;
  const span = { source: file.span.source, start, end: Math.min(file.span.end, start + 1) };
  report(
    diagnose('missing-version', {}, { span, fix: { span: { ...span, end: start }, text: 'hpl 1\n\n' } }),
  );
};
