import { closestName } from '../../base/closest-name.js';
import { diagnose } from '../diagnostics.js';
import { describeValue } from '../options/describe.js';
import { areOfOneKind } from '../value-kinds.js';
import type { StructureCheck } from './check.js';

/** Each `--set` names a param, and gives it a value of the kind that the file declares. */
export const overrides: StructureCheck = (program, report) => {
  const known = [...program.params.keys()];
  for (const { param, diagnostics } of program.overrides) {
    diagnostics.forEach(report);
    if (param === undefined || diagnostics.length > 0) continue;
    const { text: name, span } = param.name;
    const declared = program.params.get(name);
    if (declared === undefined) {
      const close = closestName(name, known);
      const fix = close === undefined ? undefined : { span, text: close };
      if (program.pipeline?.body.isDamaged === true) continue;
      report(diagnose('unknown-param', { name, known }, { span, fix }));
      continue;
    }
    const { declaration } = declared;
    if (areOfOneKind(param.value, declaration.value)) continue;
    const found = { name, found: describeValue(param.value), expected: describeValue(declaration.value) };
    const related = [{ message: 'declared here', span: declaration.value.span }];
    report(diagnose('param-type', found, { span: param.value.span, related }));
  }
};
