import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'vitest';
import { eventsJsonSchema } from '../../src/runtime/contract/events-schema.js';
import type { RunEvent } from '../../src/runtime/contract/events.js';
import type { ArtifactRecord } from '../../src/runtime/store/artifact-record.js';

const program = fileURLToPath(new URL('coordinator.mjs', import.meta.url));
const plugins = fileURLToPath(new URL('plugins.ts', import.meta.url));

const isEvent = new Ajv({ strict: false }).compile(eventsJsonSchema);

/** A folder with a pipeline of the given blocks, which can be run as `hpl run` runs it. */
export interface Workshop {
  readonly folder: string;
  readonly file: string;
  readonly store: string;
  /** Replaces the blocks of the pipeline. */
  write(blocks: string): void;
  start(environment?: Readonly<Record<string, string>>, options?: StartOptions): Coordinator;
}

export interface StartOptions {
  readonly store?: string;
  /** Words before the command, such as `prlimit --fsize=…`. */
  readonly before?: readonly [string, ...string[]];
  readonly uid?: number;
}

export function workshop(blocks: string): Workshop {
  const folder = mkdtempSync(join(tmpdir(), 'hpl-faults-'));
  const file = join(folder, 'p.hpl');
  const write = (text: string): void => {
    writeFileSync(file, `hpl 1\nuse "${plugins}"\npipeline p {\n  seed = 7\n  backend = cpu\n${text}\n}\n`);
  };
  write(blocks);
  const store = join(folder, '.hpl');
  return {
    folder,
    file,
    store,
    write,
    start: (environment = {}, options = {}) => new Coordinator(file, environment, { store, ...options }),
  };
}

/** How a run ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly events: readonly RunEvent[];
  readonly stderr: string;
}

/** A coordinating process; every event that it tells is held against the schema. */
export class Coordinator {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  private readonly events: RunEvent[] = [];
  private readonly readers: ((event: RunEvent) => void)[] = [];

  constructor(file: string, environment: Readonly<Record<string, string>>, options: StartOptions) {
    const { before: [command, ...words] = [process.execPath] } = options;
    const inside = options.before === undefined ? [] : [process.execPath];
    this.child = spawn(
      command,
      [...words, ...inside, program, file, ...(options.store === undefined ? [] : [options.store])],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...environment },
        ...(options.uid === undefined ? {} : { uid: options.uid }),
      },
    );
    this.ended = this.follow();
  }

  /** The first event, past or to come, that fits. */
  async seen(fits: (event: RunEvent) => boolean): Promise<RunEvent> {
    const past = this.events.find(fits);
    if (past !== undefined) return past;
    return new Promise((resolve, reject) => {
      this.readers.push((event) => {
        if (fits(event)) resolve(event);
      });
      void this.ended.then(({ stderr }) => {
        reject(new Error(`the run ended without the event; it printed: ${stderr}`));
      });
    });
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  private follow(): Promise<Ending> {
    const stderr: string[] = [];
    const { child } = this;
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
    if (child.stdout === null) throw new Error('no output to read');
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as RunEvent;
      expect(isEvent(event), `${line} ${JSON.stringify(isEvent.errors)}`).toBe(true);
      this.events.push(event);
      for (const reader of this.readers) reader(event);
    });
    return new Promise((resolve) => {
      child.on('close', (code, signal) => {
        resolve({ code, signal, events: this.events, stderr: stderr.join('') });
      });
    });
  }
}

/** What a store holds, without what differs from run to run: content hashes of files by the stage that made them. */
export function contentsOf(store: string): Readonly<Record<string, unknown>> {
  const artifacts = join(store, 'artifacts');
  const records = readdirSync(artifacts).map(
    (name) => JSON.parse(readFileSync(join(artifacts, name, 'artifact.json'), 'utf8')) as ArtifactRecord,
  );
  return Object.fromEntries(
    records
      .sort((left, right) => (left.fingerprint < right.fingerprint ? -1 : 1))
      .map(({ fingerprint, files, summary, gates }) => [fingerprint, { files, summary, gates }]),
  );
}

/** The types of a stage's events, runs of equal ones once. */
export function courseOf(events: readonly RunEvent[], stage: string): readonly string[] {
  const types = events.flatMap((event) => ('stage' in event && event.stage === stage ? [event.type] : []));
  return types.filter((type, index) => type !== types[index - 1]);
}

/** The only event of a type. */
export function only<Type extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: Type,
): Extract<RunEvent, { readonly type: Type }> {
  const found = events.filter((event) => event.type === type);
  expect(found.map((event) => event.type)).toEqual([type]);
  return found[0] as Extract<RunEvent, { readonly type: Type }>;
}
