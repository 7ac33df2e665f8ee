import * as tf from '@tensorflow/tfjs';
import { StageFailure } from '../../runtime/contract/stage.js';
import type { TrainingState } from './training-state.js';

/** Losses are read from the device so many steps at a time, because each reading waits for it. */
const stepsPerReading = 8;

/** Collects the losses of steps, reads them in groups, and stops at the first that is not a number. */
export class LossLog {
  #waiting: tf.Scalar[] = [];

  constructor(private readonly state: TrainingState) {}

  /** Takes over the loss of the step just taken. */
  async add(loss: tf.Scalar): Promise<void> {
    this.#waiting.push(loss);
    if (this.#waiting.length >= stepsPerReading) await this.read();
  }

  /** Brings `state.losses` up to date. Throws `StageFailure` when a loss is not finite. */
  async read(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const stacked = tf.stack(this.#waiting);
    const values = await stacked.data<'float32'>();
    stacked.dispose();
    const firstStep = this.state.step - values.length + 1;
    this.dispose();
    const broken = values.findIndex((value) => !Number.isFinite(value));
    if (broken !== -1) throw divergence(values[broken] ?? NaN, firstStep + broken);
    this.state.losses = [...this.state.losses, ...values];
  }

  /** Mean loss of the steps since the last evaluation. */
  mean(): number {
    const { losses } = this.state;
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  dispose(): void {
    for (const loss of this.#waiting) loss.dispose();
    this.#waiting = [];
  }
}

function divergence(value: number, step: number): StageFailure {
  // The loss of the first step is computed before any update, so the optimizer cannot be what is wrong.
  if (step === 1) {
    return new StageFailure(
      `The loss is ${value} at step 1, before anything was trained: the weights of the model are damaged, or their ` +
        'numbers are too large to compute with. Fetch or train the model again.',
    );
  }
  return new StageFailure(
    `The loss is ${value} at step ${step}: training diverged. Lower the optimizer's learning_rate, raise its warmup, ` +
      'or lower its clip_norm. Nothing after the last checkpoint is kept.',
  );
}
