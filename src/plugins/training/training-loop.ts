import { setImmediate as nextTurn } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs';
import { InternalError } from '../../base/unreachable.js';
import type {
  ConditionTracker,
  MetricValue,
  StageContext,
  StageEvent,
} from '../../runtime/contract/stage.js';
import { StageFailure } from '../../runtime/contract/stage.js';
import { BatchOrder, batchTensors } from './batches.js';
import { LossLog } from './loss-log.js';
import { plannedSteps } from './planned-length.js';
import type { Training, TrainingResult } from './training.js';
import { disposeAll, loadState, saveState, type TrainingState } from './training-state.js';

/** What stays the same from step to step. */
interface Course {
  readonly training: Training;
  readonly context: StageContext;
  readonly order: BatchOrder;
  readonly tracker: ConditionTracker;
  /** The last step at the latest. */
  readonly planned: number;
}

/**
 * Trains until `training.stop` holds. Yields progress every step, metrics at every evaluation, checkpoints every
 * `context.checkpoints.intervalSeconds`. Goes on from the latest checkpoint, bit for bit as if it had never stopped
 * (on the same backend). Returns undefined when `context.signal` was aborted: a checkpoint is saved, and the stage
 * returns without output. Throws `StageFailure` when there is nothing to train on or a loss is not a number.
 */
export async function* trainingLoop(
  training: Training,
  context: StageContext,
): AsyncGenerator<StageEvent, TrainingResult | undefined, undefined> {
  const course = plan(training, context);
  const state = await startingState(course);
  const log = new LossLog(state);
  let saved = context.now();
  const checkpoint = async function* (): AsyncGenerator<StageEvent, void, undefined> {
    await log.read();
    state.condition = course.tracker.state();
    await context.checkpoints.save(state.step, (folder) => saveState(folder, state));
    saved = context.now();
    yield { type: 'checkpoint', step: state.step };
  };
  try {
    let ended = state.step >= course.planned;
    while (!ended) {
      await log.add(takeStep(course, state));
      yield { type: 'progress', step: state.step, of: course.planned, unit: 'steps' };
      if (state.step % training.evaluateEvery === 0 || state.step === course.planned) {
        ended = yield* evaluate(course, state, log);
      }
      // Signals and messages arrive between turns of the event loop; tensors are computed within one.
      await nextTurn();
      if (ended) break;
      if (context.signal.aborted) {
        yield* checkpoint();
        return undefined;
      }
      if (context.now() - saved >= 1000 * context.checkpoints.intervalSeconds) yield* checkpoint();
    }
    return takeResult(state);
  } finally {
    log.dispose();
    disposeAll(state.parameters);
    disposeAll(state.optimizer);
    disposeAll(state.kept?.parameters ?? new Map());
  }
}

function plan(training: Training, context: StageContext): Course {
  const { rows, batch, stop } = training;
  if (rows.count === 0) {
    throw new StageFailure(
      'The data has no training rows. Give the data stage more text, or a shorter context.',
    );
  }
  const order = new BatchOrder(rows.count, batch, context.seed.child('batches'));
  const planned = plannedSteps(stop, order.stepsPerEpoch);
  if (planned === undefined) {
    throw new StageFailure(
      'The stop condition may never hold. Add a bound on the length, such as "or epochs >= 2".',
    );
  }
  return { training, context, order, tracker: context.condition(stop), planned };
}

async function startingState({ training, context, tracker }: Course): Promise<TrainingState> {
  const latest = context.checkpoints.latest();
  if (latest !== undefined) {
    const state = await loadState(latest.folder);
    tracker.restore(state.condition);
    disposeAll(training.initial);
    return state;
  }
  const parameters = new Map(training.initial);
  return {
    step: 0,
    parameters,
    optimizer: training.optimizer.initialState(parameters),
    kept: undefined,
    losses: [],
    condition: tracker.state(),
  };
}

/** Gives the loss, which belongs to the caller. */
function takeStep({ training, context, order, planned }: Course, state: TrainingState): tf.Scalar {
  const step = state.step + 1;
  const rows = order.rowsOf(step);
  const tensors = batchTensors(training.rows, rows);
  const { loss, gradients } = training.step(state.parameters, {
    ...tensors,
    rows,
    step,
    epoch: order.epochOf(step),
    progress: (step - 1) / planned,
    random: context.seed.child(`step/${step}`).stream(),
  });
  tensors.tokens.dispose();
  tensors.scored.dispose();
  if (step === 1) refuseMissingGradients(state, gradients);
  const update = training.optimizer.update(state.parameters, gradients, state.optimizer, {
    step,
    of: planned,
  });
  disposeAll(gradients);
  disposeAll(state.parameters);
  disposeAll(state.optimizer);
  state.parameters = update.parameters;
  state.optimizer = update.state;
  state.step = step;
  return loss;
}

/** A tensor that the loss never reaches would stay as it is without a word. */
function refuseMissingGradients(state: TrainingState, gradients: ReadonlyMap<string, tf.Tensor>): void {
  const missing = [...state.parameters.keys()].filter((name) => !gradients.has(name));
  if (missing.length === 0) return;
  throw new StageFailure(
    `These tensors are to be trained, but the loss does not depend on them: ${missing.join(', ')}. ` +
      'Choose an objective that uses them, or leave them out.',
  );
}

/** Emits the metrics of this moment, keeps the parameters if they are to be kept, and says whether to stop. */
async function* evaluate(
  { training, order, tracker, planned }: Course,
  state: TrainingState,
  log: LossLog,
): AsyncGenerator<StageEvent, boolean, undefined> {
  const { step } = state;
  await log.read();
  const metrics = new Map<string, MetricValue>([
    ['steps', { value: step }],
    ['epochs', { value: step / order.stepsPerEpoch }],
    ['train.loss', { value: log.mean() }],
    ...(await training.evaluate(state.parameters)),
  ]);
  state.losses = [];
  for (const [name, { value, standardError }] of metrics) {
    yield { type: 'metric', name, value, step, ...(standardError === undefined ? {} : { standardError }) };
  }
  if (training.keep === 'last' || isBest(metrics, state)) keep(state, metrics);
  return tracker.observe(metrics) || step >= planned;
}

function isBest(metrics: ReadonlyMap<string, MetricValue>, { kept }: TrainingState): boolean {
  if (kept === undefined) return true;
  const value = (of: ReadonlyMap<string, MetricValue>): number => of.get('validation.loss')?.value ?? NaN;
  const best = value(kept.metrics);
  return value(metrics) < best || Number.isNaN(best);
}

function keep(state: TrainingState, metrics: ReadonlyMap<string, MetricValue>): void {
  disposeAll(state.kept?.parameters ?? new Map());
  const parameters = new Map([...state.parameters].map(([name, tensor]) => [name, tensor.clone()]));
  state.kept = { parameters, step: state.step, metrics };
}

/** Hands the kept parameters over to the caller. */
function takeResult(state: TrainingState): TrainingResult {
  const { step, kept } = state;
  if (kept === undefined) throw new InternalError('training ended without an evaluation');
  state.kept = undefined;
  return { parameters: kept.parameters, steps: step, keptStep: kept.step, metrics: kept.metrics };
}
