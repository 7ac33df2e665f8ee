import { closestName } from '../../base/closest-name.js';
import { diagnose } from '../diagnostics.js';
import type { StructureCheck } from './check.js';
import { isReserved } from './placement.js';

/** Each block is of a kind that some plugin makes. */
export const knownKinds: StructureCheck = ({ pipeline, signatures }, report) => {
  const known = [...signatures.stages.keys()];
  for (const block of pipeline?.body.items ?? []) {
    if (block.kind !== 'block' || block.name === undefined) continue;
    if (signatures.stages.has(block.type.text) || isReserved(block)) continue;
    const { text: name, span } = block.type;
    const close = closestName(name, known);
    const fix = close === undefined ? undefined : { span, text: close };
    report(diagnose('unknown-kind', { name, known }, { span, fix }));
  }
};
