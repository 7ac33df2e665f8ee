import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../base/json.js';
import { rootSeed } from '../base/seed.js';
import { trackCondition } from '../runtime/conditions.js';
import { createCatalogue, type Catalogue } from '../runtime/catalogue.js';
import type { Artifact } from '../runtime/contract/artifact.js';
import type { Plugin, StagePlugin } from '../runtime/contract/plugin.js';
import type { StageContext, StageEvent, StageRunner } from '../runtime/contract/stage.js';
import { validateOptions } from '../runtime/options-schema.js';
import { openCheckpoints } from '../runtime/store/checkpoint-folder.js';
import { storeLayout } from '../runtime/store/layout.js';
import { createComponent } from '../runtime/worker/stage-context.js';

/** What a stage runs on in a test. */
export interface StageTest {
  /** As in a pipeline file after checking; defaults are filled in. */
  readonly options: JsonObject;
  /** The artifacts behind the references in the options, by stage name. */
  readonly inputs?: Readonly<Record<string, Artifact>>;
  /** Artifacts that are named by fingerprint, such as the base of a converted model. */
  readonly artifacts?: readonly Artifact[];
  /** The components that the options name. */
  readonly components?: readonly Plugin[];
  readonly seed?: number;
  /** Against which paths in the options are resolved. */
  readonly folder?: string;
  /** Makes the runner where its constructor wants something injected. */
  instantiate?(runner: new (...injected: never[]) => StageRunner): StageRunner;
}

/** One run of a stage outside any pipeline. */
export interface StageTrial {
  readonly events: readonly StageEvent[];
  /** What the stage wrote; removed by `remove`. */
  readonly folder: string;
  remove(): void;
}

/** How a trial is driven, for checks that interrupt and resume. */
export interface Drive {
  /** Aborts the stage's signal after so many events. */
  readonly abortAfter?: number;
  /** The folder of an earlier trial whose checkpoints the stage finds. */
  readonly home?: string;
}

/** Runs a stage in a temporary folder to its end and collects its events. Rejects with what the stage throws. */
export async function runStage(
  plugin: StagePlugin,
  trial: StageTest,
  drive: Drive = {},
): Promise<StageTrial> {
  const home = drive.home ?? mkdtempSync(join(tmpdir(), 'hpl-stage-'));
  const folder = mkdtempSync(join(home, 'artifact-'));
  const controller = new AbortController();
  const Runner: new () => StageRunner = await plugin.load();
  const runner = trial.instantiate?.(Runner) ?? new Runner();
  const { options } = validateOptions(plugin.options, trial.options);
  const context = createContext(plugin, { ...trial, options }, { home, folder, signal: controller.signal });
  const events: StageEvent[] = [];
  if (drive.abortAfter === 0) controller.abort();
  for await (const event of runner.run(options, context)) {
    events.push(event);
    if (events.length === drive.abortAfter) controller.abort();
  }
  return {
    events,
    folder,
    remove: () => {
      rmSync(home, { recursive: true, force: true });
    },
  };
}

interface Surroundings {
  readonly home: string;
  readonly folder: string;
  readonly signal: AbortSignal;
}

function createContext(
  plugin: StagePlugin,
  trial: StageTest,
  { home, folder, signal }: Surroundings,
): StageContext {
  const layout = storeLayout(home);
  mkdirSync(layout.checkpoints, { recursive: true });
  const seed = rootSeed(trial.seed ?? 1).child(plugin.kind);
  const catalogue = catalogueOf(plugin, trial.components ?? []);
  const known = new Map((trial.artifacts ?? []).map((artifact) => [artifact.fingerprint, artifact]));
  const metrics = plugin.metrics(trial.options);
  return {
    stage: plugin.kind,
    seed,
    signal,
    folder,
    checkpoints: openCheckpoints(layout, 'trial', 0),
    path: (option) => resolve(trial.folder ?? '.', option),
    input: ({ stage }) => trial.inputs?.[stage] ?? missing(`input "${stage}"`),
    artifact: (fingerprint) => known.get(fingerprint) ?? missing(`artifact ${fingerprint}`),
    component: (kind, value) => createComponent(catalogue, seed, { kind, value }),
    condition: (condition) => trackCondition(condition, metrics),
    now: () => performance.now(),
  };
}

function missing(what: string): never {
  throw new Error(`The test gives the stage no ${what}.`);
}

function catalogueOf(plugin: StagePlugin, components: readonly Plugin[]): Catalogue {
  const catalogue = createCatalogue([{ plugins: [plugin, ...components] }]);
  if (!catalogue.ok) throw new Error(catalogue.error.map(({ message }) => message).join('\n'));
  return catalogue.value;
}
