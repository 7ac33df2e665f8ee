import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import type { JsonObject } from '../../src/base/json.js';
import type { ComponentKind } from '../../src/base/plugin-kinds.js';
import { rootSeed } from '../../src/base/seed.js';
import type { ComponentValue } from '../../src/base/signatures.js';
import { standardPlugins } from '../../src/plugins/index.js';
import { trackCondition } from '../../src/runtime/conditions.js';
import type { Artifact } from '../../src/runtime/contract/artifact.js';
import type { Checkpoint, Checkpoints, StageContext, StageEvent } from '../../src/runtime/contract/stage.js';
import { validateOptions } from '../../src/runtime/options-schema.js';

/** How one run of a stage is to go. */
export interface BenchRun {
  /** Kept between runs to resume. */
  readonly checkpoints?: Checkpoints;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: StageEvent) => void;
}

/** Runs standard stages one after the other in a temporary folder, without the runtime. */
export interface StageBench {
  readonly folder: string;
  /** The events of a run; the artifact is known under `name` afterwards. */
  run(kind: string, name: string, options: JsonObject, run?: BenchRun): Promise<readonly StageEvent[]>;
  artifact(name: string): Artifact;
  /** Makes the folder of that name known as an artifact. */
  publish(name: string, type: Artifact['type'], summary?: JsonObject): void;
  context(name: string, run?: BenchRun): StageContext;
  remove(): Promise<void>;
}

/** Checkpoints in a folder. */
export function checkpointsIn(folder: string, intervalSeconds: number): Checkpoints {
  let latest: Checkpoint | undefined;
  return {
    intervalSeconds,
    latest: () => latest,
    save: async (step, write) => {
      const own = join(folder, `checkpoint-${step}`);
      await mkdir(own, { recursive: true });
      await write(own);
      latest = { step, folder: own };
    },
  };
}

/** An empty bench. Paths in options are relative to its folder. */
export async function stageBench(): Promise<StageBench> {
  const folder = await mkdtemp(join(tmpdir(), 'hpl-bench-'));
  const artifacts = new Map<string, Artifact>();
  const artifact = (name: string): Artifact => artifacts.get(name)!;
  const publish: StageBench['publish'] = (name, type, summary = {}) => {
    artifacts.set(name, { type, fingerprint: `fp-${name}`, folder: join(folder, name), summary });
  };
  const context = (name: string, run: BenchRun = {}): StageContext => ({
    stage: name,
    seed: rootSeed(7).child('stage'),
    signal: run.signal ?? new AbortController().signal,
    folder: join(folder, name),
    checkpoints: run.checkpoints ?? checkpointsIn(join(folder, `${name}-checkpoints`), 1e9),
    path: (option) => resolve(folder, option),
    input: ({ stage }) => artifact(stage),
    artifact: (fingerprint) => [...artifacts.values()].find((item) => item.fingerprint === fingerprint)!,
    component: component as StageContext['component'],
    condition: (condition) => trackCondition(condition),
    now: () => performance.now(),
  });
  return {
    folder,
    artifact,
    publish,
    context,
    run: async (kind, name, given, run = {}) => {
      const plugin = standardPlugins.find((item) => item.type === 'stage' && item.kind === kind)!;
      if (plugin.type !== 'stage') throw new Error(`no stage ${kind}`);
      const { options, problems } = validateOptions(plugin.options, given);
      expect([...problems, ...plugin.check(options)]).toEqual([]);
      await mkdir(join(folder, name), { recursive: true });
      const Runner = await plugin.load();
      const events: StageEvent[] = [];
      for await (const event of new Runner().run(options, context(name, run))) {
        events.push(event);
        run.onEvent?.(event);
        if (event.type === 'output') publish(name, plugin.output, event.summary);
      }
      return events;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function component(kind: ComponentKind, value: ComponentValue): Promise<unknown> {
  const plugin = standardPlugins.find(
    (item) => item.type === 'component' && item.kind === kind && item.name === value.plugin,
  )!;
  if (plugin.type !== 'component') throw new Error(`no component ${value.plugin}`);
  const { options, problems } = validateOptions(plugin.options, value.options);
  expect(problems).toEqual([]);
  return await plugin.create(options, {
    seed: rootSeed(7).child('component'),
    component: component as StageContext['component'],
  });
}
