import { isJsonObject } from '../../base/json.js';
import type { ComponentValue } from '../../base/signatures.js';

/** The product of a `branch` component: which part of the attention stays active. */
export interface Branch {
  readonly part: 'both' | 'window' | 'linear' | 'sinks' | 'none';
  /** Which keys the linear part sees; `trained` is what the conversion says. */
  readonly scope: 'trained' | 'all';
  /** Leading values that `sinks` keeps. */
  readonly sinks: number;
}

/** The model before conversion, measured beside every ablation. */
export const teacherName = 'teacher';

/** The branch that the others are compared with. */
export const bothName = 'both';

/** The linear branch over all keys, where the conversion restricts it to keys outside the window. */
export const linearAllName = 'linear_all';

/** One row of the report. */
export interface MeasuredBranch {
  /** As in metrics. */
  readonly name: string;
  /** As in reports. */
  readonly title: string;
}

const titles: Readonly<Record<string, string>> = {
  both: 'SWA + LA',
  window: 'SWA only',
  linear: 'LA only',
  [linearAllName]: 'LA only, all keys',
  sinks: 'sinks only',
  none: 'no attention',
  [teacherName]: 'teacher',
};

/** A branch as reports name it. A branch from elsewhere keeps its own name. */
export function branchTitle(name: string): string {
  return titles[name] ?? name;
}

/** The name of a branch in metrics: its plugin's name, or `linear_all` for the linear branch over all keys. */
export function branchName(branch: ComponentValue): string {
  const all = branch.plugin === 'linear' && branch.options['scope'] === 'all';
  return all ? linearAllName : branch.plugin;
}

/**
 * The branches that an ablation with these options measures, in the order of the report. The linear branch is measured
 * over all keys too, since restricted to keys outside the window it may be empty by construction; the teacher is always
 * last.
 */
export function measuredBranches(listed: readonly ComponentValue[]): readonly MeasuredBranch[] {
  const names = listed.flatMap((branch) => {
    const name = branchName(branch);
    return name === 'linear' ? [name, linearAllName] : [name];
  });
  return [...new Set([...names, teacherName])].map((name) => ({ name, title: branchTitle(name) }));
}

/** The components in a list option. */
export function componentsIn(value: unknown): readonly ComponentValue[] {
  return Array.isArray(value) ? value.filter(isComponentValue) : [];
}

function isComponentValue(value: unknown): value is ComponentValue {
  return isJsonObject(value) && typeof value['plugin'] === 'string' && isJsonObject(value['options']);
}
