import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { isJsonObject } from '../base/json.js';
import type { RunEvent } from './contract/events.js';

/** An event file that this hpl cannot read. */
export class UnreadableEvents extends Error {
  override readonly name = 'UnreadableEvents';
}

/** The events of a file, in order. A line that was being written when the writer died is passed over. */
export async function* readEvents(path: string): AsyncGenerator<RunEvent, void, undefined> {
  const tail = new EventTail(path);
  try {
    yield* await tail.next();
  } finally {
    await tail.close();
  }
}

/** How following an event file ended. */
export type FollowEnd = 'finished' | 'writer-died' | 'stopped';

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Asked whenever nothing new has come. */
  readonly isWriterAlive: () => Promise<boolean> | boolean;
  readonly pollMilliseconds?: number;
}

/** The events of a file as they come, until the run is finished, its writer is dead, or the signal is aborted. */
export async function* followEvents(
  path: string,
  { signal, isWriterAlive, pollMilliseconds = 200 }: FollowOptions,
): AsyncGenerator<RunEvent, FollowEnd, undefined> {
  const tail = new EventTail(path);
  try {
    while (!signal.aborted) {
      // Asked before reading: what a writer wrote just before its death is still read.
      const isAlive = await isWriterAlive();
      const events = await tail.next();
      yield* events;
      if (events.at(-1)?.type === 'run.finished') return 'finished';
      if (events.length > 0) continue;
      if (!isAlive) return 'writer-died';
      await pause(pollMilliseconds, signal);
    }
    return 'stopped';
  } finally {
    await tail.close();
  }
}

/** Reads on where it stopped, whole lines only. */
class EventTail {
  private handle: Awaited<ReturnType<typeof open>> | undefined;
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly path: string) {}

  async next(): Promise<readonly RunEvent[]> {
    this.handle ??= await open(this.path, 'r');
    const chunk = Buffer.alloc(1 << 16);
    const events: RunEvent[] = [];
    for (;;) {
      const { bytesRead } = await this.handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return events;
      const lines = (this.rest + this.decoder.write(chunk.subarray(0, bytesRead))).split('\n');
      this.rest = lines.pop() ?? '';
      events.push(...lines.flatMap((line) => parseLine(line, this.path)));
    }
  }

  async close(): Promise<void> {
    await this.handle?.close();
  }
}

function parseLine(line: string, path: string): readonly RunEvent[] {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return [];
  }
  if (!isJsonObject(event)) return [];
  if (event['v'] !== 1) {
    throw new UnreadableEvents(
      `${path} holds events of version ${JSON.stringify(event['v'] ?? null)}; this hpl reads version 1. Use the hpl that wrote it.`,
    );
  }
  return [event as unknown as RunEvent];
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, milliseconds);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    signal.addEventListener('abort', finish);
  });
}
