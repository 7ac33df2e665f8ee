import type * as tf from '@tensorflow/tfjs';
import type { Condition } from '../../base/condition.js';
import type { RandomStream } from '../../base/seed.js';
import type { LossAndGradients } from '../../model/gradients.js';
import type { Optimizer } from '../../model/optimizers/optimizer.js';
import type { Parameters } from '../../model/parameters.js';
import type { MetricValue } from '../../runtime/contract/stage.js';
import type { TokenRows } from '../dataset-rows.js';

/** One step's rows. The loop owns the tensors. */
export interface Batch {
  /** int32 [rows, context]. */
  readonly tokens: tf.Tensor2D;
  /** float32 [rows, context]: the weight of each token as a target. The first token never counts. */
  readonly scored: tf.Tensor2D;
  /** Which rows of the training data these are. */
  readonly rows: readonly number[];
  /** Counts from 1. */
  readonly step: number;
  /** Counts from 0. */
  readonly epoch: number;
  /** How much of the stage's planned length is behind this step, in [0, 1): where schedules stand. */
  readonly progress: number;
  /** Randomness of this step alone: the same in a resumed run. */
  readonly random: RandomStream;
}

/** What a training stage brings to the loop. */
export interface Training {
  /** The trained tensors at the beginning, by name. The loop takes them over and disposes of them. */
  readonly initial: ReadonlyMap<string, tf.Tensor>;
  readonly rows: TokenRows;
  /** Rows a step; fewer where the data has fewer. */
  readonly batch: number;
  readonly optimizer: Optimizer;
  /** Looked at after every evaluation. Must bound `steps` or `epochs` (`checkPlannedLength`). */
  readonly stop: Condition;
  /** Steps between evaluations; one more is made at the end. */
  readonly evaluateEvery: number;
  /** Whether the result is the parameters of the lowest `validation.loss`, or those of the last step. */
  readonly keep: 'best' | 'last';
  /** Loss and gradients of one batch; synchronous, without reading a tensor. The loop disposes of what it returns. */
  step(parameters: Parameters, batch: Batch): LossAndGradients;
  /** The metrics of one evaluation: `validation.loss` and the stage's own probes, such as `window.loss`. */
  evaluate(parameters: Parameters): Promise<ReadonlyMap<string, MetricValue>>;
}

/** What the loop ends with, unless it was interrupted. */
export interface TrainingResult {
  /** The kept parameters. The caller owns them. */
  readonly parameters: Map<string, tf.Tensor>;
  /** Steps taken. */
  readonly steps: number;
  /** The step after which the kept parameters stood. */
  readonly keptStep: number;
  /** The metrics at that step. */
  readonly metrics: ReadonlyMap<string, MetricValue>;
}
