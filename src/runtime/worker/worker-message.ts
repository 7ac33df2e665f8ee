import { isJsonObject, type JsonObject } from '../../base/json.js';
import type { GateRecord } from '../store/artifact-record.js';
import type { StageEvent } from '../contract/stage.js';

/** What a worker tells its coordinator: one JSON document a line, on its own channel beside the standard streams. */
export type WorkerMessage =
  /** First: the work begins, perhaps where an earlier one stopped. */
  | { readonly type: 'started'; readonly pid: number; readonly resumedFrom?: number }
  | Exclude<StageEvent, { readonly type: 'output' }>
  /** The process lives; says nothing of progress. */
  | { readonly type: 'heartbeat' }
  | WorkEnd;

/** The last message: how the work ended. */
export type WorkEnd =
  | {
      readonly type: 'finished';
      readonly summary: JsonObject;
      readonly gates: readonly GateRecord[];
      readonly peakBytes?: number;
    }
  | { readonly type: 'interrupted'; readonly step: number }
  | WorkFailure;

export interface WorkFailure {
  readonly type: 'failed';
  readonly cause: string;
  readonly remedy?: string;
}

/** Whether a message is the last. */
export function isWorkEnd(message: WorkerMessage): message is WorkEnd {
  return message.type === 'finished' || message.type === 'interrupted' || message.type === 'failed';
}

/** One line, without its end. Numbers that JSON does not have are strings. */
export function encodeMessage(message: WorkerMessage): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

/** The message of one line; undefined for a line that is none, which is then a stray print. */
export function decodeMessage(line: string): WorkerMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJsonObject(value) && typeof value['type'] === 'string' ? restoreMetric(value) : undefined;
  } catch {
    return undefined;
  }
}

function restoreMetric(message: JsonObject): WorkerMessage {
  const restored = message['type'] === 'metric' ? { ...message, value: Number(message['value']) } : message;
  return restored as unknown as WorkerMessage;
}
