import type { JsonObject } from '../../base/json.js';
import type { OptionsSchema } from '../../base/json-schema.js';
import type { StageSignature } from '../../base/signatures.js';
import type { Span } from '../../base/span.js';
import type { Body, Setting } from '../ast.js';
import type { CheckedInput } from '../checked-pipeline.js';
import type { Report } from '../report.js';
import type { DeclaredStage, Program } from '../resolve.js';
import { evaluate } from './evaluate.js';
import type { ComparisonUse, ComponentUse, MetricUse, Scope } from './scope.js';
import { evaluateSettings } from './settings.js';

/** A stage whose settings have been read. */
export interface ElaboratedStage {
  readonly stage: DeclaredStage;
  readonly signature: StageSignature;
  /** With defaults; lacks what failed. */
  readonly options: JsonObject;
  /** No setting that was written is absent, though one may be out of range or set twice. */
  readonly isComplete: boolean;
  /** Nothing at all was wrong with the settings, so that more can be asked of them. */
  readonly isSound: boolean;
  readonly inputs: readonly CheckedInput[];
  readonly metrics: readonly MetricUse[];
  readonly comparisons: readonly ComparisonUse[];
  readonly components: readonly ComponentUse[];
  readonly places: ReadonlyMap<string, Span>;
  /** `kind name`: what a message about the stage as a whole points at. */
  readonly head: Span;
}

/** A program with the settings of everything in it read. */
export interface Elaborated {
  readonly program: Program;
  readonly stages: readonly ElaboratedStage[];
  readonly pipelineOptions: JsonObject;
}

/** The settings of the pipeline itself. */
const pipelineSchema: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    seed: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description: 'The root of all randomness: the same seed gives the same results on the same backend.',
    },
    backend: {
      'x-plugin': 'backend',
      default: { plugin: 'auto', options: {} },
      description: 'What computes. The default takes the best that is ready.',
    },
  },
};

/** Reads the settings of the pipeline and of every stage of a known kind; reports what is wrong with them. */
export function elaborate(program: Program, report: Report): Elaborated {
  const stages = [...program.stages.values()].flatMap((stage) =>
    stage.signature === undefined ? [] : [elaborateStage(stage, stage.signature, program, report)],
  );
  return { program, stages, pipelineOptions: elaboratePipeline(program, report) };
}

function elaborateStage(
  stage: DeclaredStage,
  signature: StageSignature,
  program: Program,
  report: Report,
): ElaboratedStage {
  const head = { ...stage.block.type.span, end: stage.name.span.end };
  const scope = scopeOf(program, report);
  const options = scope.settings(stage.block.body, {
    pointer: '',
    schema: signature.options,
    owner: `the ${signature.kind} stage "${stage.name.text}"`,
    head,
  });
  const { inputs, metrics, comparisons, components, places } = scope;
  const isComplete = !scope.isPoisoned() && !stage.block.body.isDamaged;
  const isSound = isComplete && !scope.hasReported();
  const used = { inputs, metrics, comparisons, components, places };
  return { stage, signature, options, isComplete, isSound, ...used, head };
}

function elaboratePipeline(program: Program, report: Report): JsonObject {
  const { pipeline } = program;
  if (pipeline === undefined) return {};
  const items: readonly Setting[] = program.settings;
  const body: Body = { ...pipeline.body, items };
  const owner = `the pipeline "${pipeline.name.text}"`;
  const place = { pointer: '', schema: pipelineSchema, owner, head: pipeline.name.span };
  return scopeOf(program, report).settings(body, place);
}

interface ReportingScope extends Scope {
  readonly isPoisoned: () => boolean;
  readonly hasReported: () => boolean;
}

function scopeOf(program: Program, report: Report): ReportingScope {
  let isPoisoned = false;
  let hasReported = false;
  const scope: Scope = {
    program,
    evaluate: (value, place) => evaluate(value, place, scope),
    settings: (body, place) => evaluateSettings(body, place, scope),
    report: (diagnostic) => {
      hasReported = true;
      report(diagnostic);
    },
    poison: () => {
      isPoisoned = true;
    },
    places: new Map(),
    inputs: [],
    metrics: [],
    comparisons: [],
    components: [],
  };
  return { ...scope, isPoisoned: () => isPoisoned, hasReported: () => hasReported };
}
