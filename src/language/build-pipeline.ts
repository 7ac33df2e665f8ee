import { isJsonObject, type Json } from '../base/json.js';
import type { ComponentValue } from '../base/signatures.js';
import type { CheckedPipeline, CheckedStage } from './checked-pipeline.js';
import type { Elaborated, ElaboratedStage } from './options/elaborate.js';
import { plainJson } from './plain-json.js';
import { usedPaths } from './uses.js';

/** The pipeline as the planner takes it; nothing where the file holds none. Meaningful only without errors. */
export function buildPipeline(elaborated: Elaborated): CheckedPipeline | undefined {
  const { program, stages, pipelineOptions } = elaborated;
  const { pipeline, file } = program;
  if (pipeline === undefined) return undefined;
  const seed = pipelineOptions['seed'];
  return {
    phase: 'checked',
    name: pipeline.name.text,
    file: file.span.source.file,
    seed: typeof seed === 'number' ? seed : 0,
    backend: componentOf(pipelineOptions['backend']),
    params: [...program.params.values()].map(({ declaration, value, origin }) => ({
      name: declaration.name.text,
      value: plainJson(value),
      origin,
    })),
    uses: usedPaths(file).map(({ absolutePath }) => absolutePath),
    stages: stages.map(buildStage),
  };
}

function buildStage({ stage, signature, options, inputs, places, head }: ElaboratedStage): CheckedStage {
  return { name: stage.name.text, kind: signature.kind, options, inputs, settings: places, span: head };
}

function componentOf(value: Json | undefined): ComponentValue {
  if (isJsonObject(value) && typeof value['plugin'] === 'string' && isJsonObject(value['options'])) {
    return { plugin: value['plugin'], options: value['options'] };
  }
  return { plugin: 'auto', options: {} };
}
