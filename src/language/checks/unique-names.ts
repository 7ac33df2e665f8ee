import type { Name } from '../ast.js';
import { diagnose } from '../diagnostics.js';
import type { StructureCheck } from './check.js';

/** Stages and params share one space of names, and no name is taken twice. */
export const uniqueNames: StructureCheck = ({ pipeline }, report) => {
  const seen = new Map<string, { readonly name: Name; readonly what: string }>();
  for (const item of pipeline?.body.items ?? []) {
    if (item.kind !== 'block' && item.kind !== 'param') continue;
    const { name } = item;
    if (name === undefined) continue;
    const what = item.kind === 'block' ? 'stage' : 'param';
    const first = seen.get(name.text);
    if (first === undefined) {
      seen.set(name.text, { name, what });
      continue;
    }
    const related = [{ message: 'first declared here', span: first.name.span }];
    const found = { name: name.text, first: first.what };
    report(diagnose('duplicate-name', found, { span: name.span, related }));
  }
};
