import { closestName } from '../../base/closest-name.js';
import type { MetricDeclaration } from '../../base/signatures.js';
import { units, type Dimension } from '../../base/units.js';
import { diagnose } from '../diagnostics.js';
import type { ElaboratedStage } from '../options/elaborate.js';
import { unitWords } from '../options/describe.js';
import type { ComparisonUse } from '../options/scope.js';
import type { Report } from '../report.js';
import type { StageCheck } from './check.js';
import { askPlugin } from './plugin-answers.js';

/** Conditions name metrics that their stage reports, and compare them with numbers of the same dimension. */
export const metrics: StageCheck = ({ stages }, report) => {
  for (const stage of stages) {
    if (!stage.isComplete || (stage.metrics.length === 0 && stage.comparisons.length === 0)) continue;
    const asked = { name: stage.signature.kind, head: stage.head };
    const declared = askPlugin(asked, stage.isSound ? report : ignore, () =>
      stage.signature.metrics(stage.options),
    );
    if (declared === undefined) continue;
    const byName = new Map(declared.map((metric) => [metric.name, metric]));
    reportUnknown(stage, [...byName.keys()], report);
    for (const comparison of stage.comparisons) reportUnits(comparison, byName, report);
  }
};

/** A plugin may stumble over settings that are reported already. */
function ignore(): void {
  return;
}

function reportUnknown(
  { metrics: uses, signature, stage: { name: stageName } }: ElaboratedStage,
  known: readonly string[],
  report: Report,
): void {
  for (const { name, span } of uses) {
    if (known.includes(name)) continue;
    const close = closestName(name, known);
    const fix = close === undefined ? undefined : { span, text: close };
    const stage = `The ${signature.kind} stage "${stageName.text}"`;
    report(diagnose('unknown-metric', { name, known, stage }, { span, fix }));
  }
}

function reportUnits(
  { metrics: uses, numbers }: ComparisonUse,
  byName: ReadonlyMap<string, MetricDeclaration>,
  report: Report,
): void {
  for (const { dimension, span } of numbers) {
    const other = uses
      .flatMap((use) => byName.get(use.name) ?? [])
      .find((metric) => dimensionOf(metric) !== dimension);
    if (other === undefined) continue;
    const text = span.source.text.slice(span.start, span.end);
    const expected = `a number${unitWords(dimensionOf(other))}, since it is compared with "${other.name}"`;
    report(diagnose('unit-mismatch', { key: other.name, found: text, expected }, { span }));
  }
}

/** The unit that a metric declares, or the one that it is named after, such as `epochs`. */
function dimensionOf({ name, unit }: MetricDeclaration): Dimension {
  const word = unit ?? name.split('.').at(-1) ?? '';
  return Object.hasOwn(units, word) ? (units[word]?.dimension ?? 'none') : 'none';
}
