import { join, resolve } from 'node:path';
import type { JsonObject } from '../../base/json.js';
import { seedAt, type Seed } from '../../base/seed.js';
import type { ComponentKind } from '../../base/plugin-kinds.js';
import { InternalError } from '../../base/unreachable.js';
import type { Catalogue } from '../catalogue.js';
import { trackCondition } from '../conditions.js';
import type { Artifact } from '../contract/artifact.js';
import { type Checkpoints, type StageContext, StageFailure } from '../contract/stage.js';
import { readRecord } from '../store/artifact-record.js';
import { storeLayout } from '../store/layout.js';
import type { WorkOrder } from './work-order.js';

/** What a stage's context is made of besides the work order. */
export interface ContextParts {
  readonly catalogue: Catalogue;
  readonly checkpoints: Checkpoints;
  /** The empty folder that becomes the artifact. */
  readonly folder: string;
  readonly signal: AbortSignal;
  now(): number;
}

/** Everything that one stage may touch. */
export function createStageContext(order: WorkOrder, parts: ContextParts): StageContext {
  const { catalogue, checkpoints, folder, signal } = parts;
  const seed = seedAt(order.seed);
  const metrics = catalogue.stage(order.kind).metrics(order.options);
  return {
    stage: order.stage,
    seed,
    signal,
    folder,
    checkpoints,
    path: (option) => resolve(order.pipelineFolder, option),
    input: ({ stage }) => findArtifact(order, inputFingerprint(order, stage)),
    artifact: (fingerprint) => findArtifact(order, fingerprint),
    component: (kind, value) => createComponent(catalogue, seed, { kind, value }),
    condition: (condition) => trackCondition(condition, metrics),
    now: () => parts.now(),
  };
}

/** Makes a component from its place in options; defaults are filled in, wrong options are the user's to mend. */
export async function createComponent<Product>(
  catalogue: Catalogue,
  seed: Seed,
  { kind, value }: { readonly kind: ComponentKind; readonly value: JsonObject },
): Promise<Product> {
  const name = value['plugin'] as string;
  const signature = catalogue.signatures.components.get(kind)?.get(name);
  if (signature === undefined) throw new StageFailure(`There is no ${kind.replace('-', ' ')} "${name}".`);
  const validated = catalogue.signatures.validate(signature.options, value['options'] as JsonObject);
  const [problem] = validated.problems;
  if (problem !== undefined)
    throw new StageFailure(`The ${kind.replace('-', ' ')} "${name}": ${problem.message}`);
  const own = seed.child(kind).child(name);
  const product = await catalogue.component(kind, name).create(validated.options, {
    seed: own,
    component: (inner, innerValue) => createComponent(catalogue, own, { kind: inner, value: innerValue }),
  });
  // The caller knows the interface that the kind promises.
  return product as Product;
}

function inputFingerprint(order: WorkOrder, stage: string): string {
  const input = order.inputs.find((item) => item.stage === stage);
  if (input === undefined) throw new InternalError(`"${stage}" is no input of "${order.stage}"`);
  return input.fingerprint;
}

function findArtifact(order: WorkOrder, fingerprint: string): Artifact {
  const folder = join(storeLayout(order.store).artifacts, fingerprint);
  const record = readRecord(folder);
  if (record === undefined) {
    throw new StageFailure(
      `The artifact ${fingerprint} is not in the store ${order.store}. Run again with the pipeline that makes it.`,
    );
  }
  return { type: record.type, fingerprint, folder, summary: record.summary };
}
