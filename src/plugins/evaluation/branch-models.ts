import type { ComponentValue } from '../../base/signatures.js';
import { teacherAttention } from '../../model/attention/teacher.js';
import type { Conversion } from '../../model/hybrid/conversion.js';
import { hybridAttention } from '../../model/hybrid/hybrid-attention.js';
import type { StageContext } from '../../runtime/contract/stage.js';
import type { LoadedModel } from '../model-artifact.js';
import { branchName, linearAllName, teacherName, type Branch } from './branch.js';
import type { MeasuredModel } from './measure.js';

/** The model before conversion: its base weights under the attention of its pretraining, without adapters. */
export function teacherModel({ llama }: LoadedModel): MeasuredModel {
  return { name: teacherName, llama, parts: { attention: teacherAttention(llama.config) } };
}

/** A converted model with one branch of its attention active. */
export interface BranchOptions {
  readonly model: LoadedModel;
  readonly conversion: Conversion;
  /** Whether a branch alone has weight 1; else it keeps the weight that it has beside the other one. */
  readonly renormalise: boolean;
}

/** The model with the named branch active. */
export async function branchModel(
  value: ComponentValue,
  options: BranchOptions,
  context: StageContext,
): Promise<MeasuredModel> {
  const branch = await context.component<Branch>('branch', value);
  return attending(branchName(value), branch, options);
}

/**
 * The models of all listed branches, in the order of `measuredBranches`, and the teacher. Beside the linear branch
 * stands the same over all keys; where the conversion gives it all keys anyway, the two are one and measured once.
 */
export async function branchModels(
  listed: readonly ComponentValue[],
  options: BranchOptions,
  context: StageContext,
): Promise<readonly MeasuredModel[]> {
  const models = new Map<string, MeasuredModel>();
  for (const value of listed) {
    const model = await branchModel(value, options, context);
    models.set(model.name, model);
    if (model.name === 'linear') models.set(linearAllName, allKeys(options));
  }
  if (models.has('linear') && options.conversion.linearScope === 'all') models.delete(linearAllName);
  return [...models.values(), teacherModel(options.model)];
}

function allKeys(options: BranchOptions): MeasuredModel {
  return attending(linearAllName, { part: 'linear', scope: 'all', sinks: 0 }, options);
}

function attending(
  name: string,
  { part, scope, sinks }: Branch,
  { model, conversion, renormalise }: BranchOptions,
): MeasuredModel {
  const attention = hybridAttention(conversion, model.trained, {
    branch: part,
    renormalise,
    sinks,
    ...(scope === 'all' ? { linearScope: 'all' as const } : {}),
  });
  return { name, llama: model.llama, parts: { attention, adapters: model.adapters } };
}
