import { define } from '../../base/diagnostic-table.js';

/** A name that stands for nothing, and those that would. */
export interface UnknownName {
  readonly name: string;
  readonly known: readonly string[];
}

/** Long lists help nobody: the first names, and how many there are more. */
function listed(known: readonly string[]): string {
  const shown = known.slice(0, 12).join(', ');
  return known.length > 12 ? `${shown} and ${known.length - 12} more` : shown;
}

function knownNames(what: string, known: readonly string[]): string {
  return known.length === 0 ? `There are no ${what}.` : `Known ${what}: ${listed(known)}.`;
}

/** Names that stand for nothing, or for the wrong thing. */
export const nameDiagnostics = {
  'unknown-kind': define<UnknownName>({
    severity: 'error',
    message: ({ name, known }) =>
      `No plugin makes blocks of the kind "${name}". ${knownNames('kinds', known)} ` +
      'Plugins of your own are named by "use".',
  }),
  'unknown-setting': define<UnknownName & { owner: string }>({
    severity: 'error',
    message: ({ name, known, owner }) =>
      `There is no setting "${name}" in ${owner}. ${knownNames('settings', known)}`,
  }),
  'unknown-component': define<UnknownName & { kind: string; kinds: string }>({
    severity: 'error',
    message: ({ name, known, kind, kinds }) =>
      `There is no ${kind} named "${name}". ${knownNames(kinds, known)} Plugins of your own are named by "use".`,
  }),
  'unknown-reference': define<UnknownName>({
    severity: 'error',
    message: ({ name, known }) => `No stage is named "${name}". ${knownNames('stages that fit here', known)}`,
  }),
  'wrong-artifact': define<{
    name: string;
    kind: string;
    gives: string;
    wanted: string;
    fitting: readonly string[];
  }>({
    severity: 'error',
    message: ({ name, kind, gives, wanted, fitting }) =>
      `"${name}" is a ${kind} stage and gives ${gives}; expected a stage that gives ${wanted}. ` +
      knownNames('stages that fit here', fitting),
  }),
  'stage-cycle': define<{ names: readonly string[] }>({
    severity: 'error',
    message: ({ names }) =>
      names.length === 2
        ? `The stage "${names[0] ?? ''}" waits for itself. Refer to an earlier stage instead.`
        : `Stages wait for each other: ${names.join(' -> ')}. Remove one of these references.`,
  }),
  'unknown-metric': define<UnknownName & { stage: string }>({
    severity: 'error',
    message: ({ name, known, stage }) =>
      `${stage} with these settings reports no metric "${name}". ${knownNames('metrics', known)}`,
  }),
  'unknown-word': define<UnknownName & { key: string }>({
    severity: 'error',
    message: ({ name, known, key }) => `Found "${name}" for "${key}"; expected one of ${listed(known)}.`,
  }),
  'unknown-unit': define<UnknownName>({
    severity: 'error',
    message: ({ name, known }) => `"${name}" is no unit. ${knownNames('units', known)}`,
  }),
  'unknown-function': define<UnknownName>({
    severity: 'error',
    message: ({ name, known }) =>
      `There is no function "${name}". ${knownNames('functions', known)} ` +
      'A component takes its settings in braces: name { key = value }.',
  }),
  'unknown-param': define<UnknownName>({
    severity: 'error',
    message: ({ name, known }) =>
      `--set names "${name}", but the pipeline has no such param. ${knownNames('params', known)} ` +
      'A param is declared by "param name = value" inside the pipeline.',
  }),
  'unused-param': define<{ name: string }>({
    severity: 'warning',
    message: ({ name }) =>
      `The param "${name}" is never used, so setting it changes nothing. Use its name as a value, or remove it.`,
  }),
} as const;
