import { availableParallelism } from 'node:os';
import type { Backend, BackendInfo, BackendStatus } from '../../../runtime/contract/backend.js';
import { describeLack, findFused, ownTarget, type FusedLibrary, type FusedTarget } from './fused-library.js';
import { describeCard, visibleCards, type GraphicsCard } from './graphics-cards.js';
import { readInstallation, type Installation } from './installation.js';
import { installationFolder, type Variant } from './location.js';
import { bfloat16Support } from './processor.js';

/** Which device the pipeline asks for. `auto` takes a card where TensorFlow can use one. */
export type DeviceChoice = 'auto' | 'cpu' | 'gpu';

/** What the backend needs to know of the machine. */
export interface Machine {
  /** hpl's cache folder. */
  readonly cache: string;
  /** The variables of this process. `start` sets what TensorFlow reads from there. */
  readonly environment: Record<string, string | undefined>;
  /** `linux-x64`. */
  readonly platform: string;
  /** Which fused operations fit; where absent, those of this hpl on this processor. */
  readonly fused?: FusedTarget;
}

type Choice =
  | { readonly ready: true; readonly installation: Installation; readonly card?: GraphicsCard }
  | { readonly ready: false; readonly reason: string; readonly remedy: string };

const setupCommand = { cpu: 'npx hpl setup', cuda: 'npx hpl setup --cuda' } as const;

/** Native TensorFlow behind tfjs, as `hpl setup` prepared it. */
export class TensorflowBackend implements Backend {
  readonly name = 'tensorflow';
  readonly #machine: Machine;
  readonly #device: DeviceChoice;

  constructor(machine: Machine, device: DeviceChoice) {
    this.#machine = machine;
    this.#device = device;
  }

  async probe(): Promise<BackendStatus> {
    const choice = await this.#choose();
    if (!choice.ready) return choice;
    const { installation, card } = choice;
    if (card !== undefined) return { ready: true, info: this.#infoOnCard(installation.tensorflow, card) };
    const fused = await this.#fused(installation);
    const info = this.#infoOnProcessor(installation.tensorflow, fused.ready);
    return { ready: true, info, ...(!fused.ready && { advice: describeLack(fused.lack) }) };
  }

  async start(): Promise<BackendInfo> {
    const choice = await this.#choose();
    if (!choice.ready) throw new Error(`${choice.reason} ${choice.remedy}`);
    this.#prepareEnvironment(choice.card !== undefined);
    const { startTensorflow } = await import('./start.js');
    const fused = await this.#fused(choice.installation);
    const started = await startTensorflow(choice.installation, fused.ready ? fused.path : undefined);
    if (this.#device === 'gpu' && !started.isOnCard)
      throw new Error(
        `TensorFlow ${started.version} sees no CUDA card, although the driver lists ${choice.card?.name ?? 'one'}. ` +
          'Run "npx hpl doctor" and compare the version of the driver with what CUDA 12 needs (525 or later).',
      );
    return started.isOnCard && choice.card !== undefined
      ? this.#infoOnCard(started.version, choice.card)
      : this.#infoOnProcessor(started.version, started.hasFusedOperations);
  }

  /** Finds the installation that serves the wanted device best, or says why there is none. */
  async #choose(): Promise<Choice> {
    if (this.#machine.platform !== 'linux-x64')
      return {
        ready: false,
        reason: `TensorFlow is set up on linux-x64 alone; this is ${this.#machine.platform}.`,
        remedy: 'Use backend = wasm.',
      };
    const cards = this.#device === 'cpu' ? [] : await visibleCards(this.#machine.environment);
    const card = cards.at(-1); // The binding computes on the last card that it finds.
    if (this.#device === 'gpu' && card === undefined)
      return {
        ready: false,
        reason: 'No CUDA card is visible (nvidia-smi lists none).',
        remedy: 'Install the NVIDIA driver, or set CUDA_VISIBLE_DEVICES to the card, or use device = cpu.',
      };
    return this.#firstReady(card);
  }

  async #firstReady(card: GraphicsCard | undefined): Promise<Choice> {
    const order = this.#order(card);
    const problems: string[] = [];
    for (const variant of order) {
      const found = await readInstallation(installationFolder(this.#machine.cache, variant));
      if (found.ok)
        return {
          ready: true,
          installation: found.value,
          ...(card !== undefined && variant === 'cuda' && { card }),
        };
      problems.push(found.error);
    }
    const wanted = order[0] ?? 'cpu';
    return {
      ready: false,
      reason: problems[0] ?? 'TensorFlow is not set up on this machine.',
      remedy: `Run "${setupCommand[wanted]}".`,
    };
  }

  #order(card: GraphicsCard | undefined): readonly Variant[] {
    if (this.#device === 'gpu') return ['cuda'];
    return card === undefined ? ['cpu', 'cuda'] : ['cuda', 'cpu'];
  }

  #prepareEnvironment(card: boolean): void {
    const { environment } = this.#machine;
    environment['TF_CPP_MIN_LOG_LEVEL'] ??= '1';
    // Without it TensorFlow takes all memory of the card at once.
    environment['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
    // Ampere and later round the factors of float32 products to 10 bits unless told not to.
    environment['NVIDIA_TF32_OVERRIDE'] ??= '0';
    if (!card) environment['CUDA_VISIBLE_DEVICES'] = '-1';
  }

  #fused({ folder }: Installation): Promise<FusedLibrary> {
    return findFused(folder, this.#machine.fused ?? ownTarget());
  }

  #infoOnCard(version: string, card: GraphicsCard): BackendInfo {
    return { name: this.name, version: `TensorFlow ${version}`, device: describeCard(card), bf16: 'native' };
  }

  #infoOnProcessor(version: string, hasFused: boolean): BackendInfo {
    const threads = this.#threads();
    const parts = ['cpu', threads === 1 ? '1 thread' : `${threads} threads`, 'oneDNN'];
    return {
      name: this.name,
      version: `TensorFlow ${version}`,
      device: [...parts, ...(hasFused ? ['fused operations'] : [])].join(', '),
      threads,
      bf16: bfloat16Support(),
    };
  }

  #threads(): number {
    const limit = Number(this.#machine.environment['TF_NUM_INTRAOP_THREADS']);
    return limit > 0 ? limit : availableParallelism();
  }
}
