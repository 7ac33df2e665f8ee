import type * as tf from '@tensorflow/tfjs';
import { StageFailure } from '../../../runtime/contract/stage.js';

/** Steps whose losses the training loop reads together: what a failure may be about. */
const remembered = 16;

/** The layers' losses of the last steps, read only to say in which layer a loss is no number. */
export class LayerLosses {
  #steps: { readonly step: number; readonly losses: tf.Tensor1D }[] = [];

  /** Takes over the tensor. */
  add(step: number, losses: tf.Tensor1D): void {
    this.#steps.push({ step, losses });
    if (this.#steps.length > remembered) this.#steps.shift()?.losses.dispose();
  }

  /** The same events and result; a failure about a loss names the layer as well. */
  async *explaining<Event_, Result>(
    events: AsyncGenerator<Event_, Result, undefined>,
  ): AsyncGenerator<Event_, Result, undefined> {
    try {
      return yield* events;
    } catch (error) {
      const place = await this.#firstBroken();
      if (!(error instanceof StageFailure) || place === undefined) throw error;
      throw new StageFailure(
        `${error.message} The first layer to fail was ${place.layer}, at step ${place.step}.`,
        {
          cause: error,
        },
      );
    }
  }

  dispose(): void {
    for (const { losses } of this.#steps) losses.dispose();
    this.#steps = [];
  }

  async #firstBroken(): Promise<{ readonly step: number; readonly layer: number } | undefined> {
    for (const { step, losses } of this.#steps) {
      const layer = (await losses.data()).findIndex((loss) => !Number.isFinite(loss));
      if (layer !== -1) return { step, layer };
    }
    return undefined;
  }
}
