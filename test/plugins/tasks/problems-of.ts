import type { JsonObject } from '../../../src/base/json.js';
import type { OptionProblem } from '../../../src/base/signatures.js';
import { standardPlugins } from '../../../src/plugins/index.js';

/** What a standard task, or a source, says against these options. */
export function problemsOf(
  name: string,
  options: JsonObject,
  kind: 'task' | 'source' = 'task',
): readonly OptionProblem[] {
  const plugin = standardPlugins.find((one) => one.kind === kind && 'name' in one && one.name === name);
  if (plugin?.type !== 'component') throw new Error(`there is no ${kind} ${name}`);
  return plugin.check?.(options) ?? [];
}
