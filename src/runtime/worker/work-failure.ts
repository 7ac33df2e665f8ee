import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreFailure, explainFileError } from '../store/store-failure.js';
import type { WorkOrder } from './work-order.js';
import type { WorkFailure } from './worker-message.js';

/** A failure in words, and the stack where it is a mistake of a program rather than of its user. */
export interface ExplainedFailure {
  readonly failure: WorkFailure;
  readonly stack?: string;
}

/** Puts whatever ended a stage into words: a cause that the user can mend, the disk, or a bug of the plugin. */
export function explainFailure(error: unknown, order: WorkOrder, draft: string): ExplainedFailure {
  // By name, since a plugin file may carry its own copy of the class.
  if (error instanceof Error && error.name === 'StageFailure') {
    return { failure: { type: 'failed', cause: error.message } };
  }
  const disk = isAboutStore(error, order.store)
    ? explainFileError(error, `writing the result of "${order.stage}"`, draft)
    : undefined;
  if (disk !== undefined) return { failure: { type: 'failed', cause: disk.message, remedy: disk.remedy } };
  return isSystemError(error) ? explainSystemError(error) : explainBug(error, order);
}

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

/** Errors of writing to an open file name no path. Who writes elsewhere, into a cache, explains a full disk itself. */
function isAboutStore(error: unknown, store: string): boolean {
  if (error instanceof StoreFailure) return true;
  if (!isSystemError(error)) return false;
  if (error.path === undefined) return true;
  const inside = relative(store, error.path);
  return !inside.startsWith('..') && !isAbsolute(inside);
}

function explainSystemError(error: SystemError): ExplainedFailure {
  return {
    failure: {
      type: 'failed',
      cause: `The system refused: ${error.message}.`,
      remedy: `Look at ${error.path ?? 'what the message names'} and run again.`,
    },
    stack: error.stack ?? error.message,
  };
}

function explainBug(error: unknown, order: WorkOrder): ExplainedFailure {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const stack = error instanceof Error ? (error.stack ?? text) : text;
  return {
    failure: {
      type: 'failed',
      cause: `The plugin "${order.kind}" broke${placeOf(stack)}: ${text}`,
      remedy:
        'This is a mistake of the plugin, not of the pipeline. Report it with the stack, which is in the log.',
    },
    stack,
  };
}

/** File and line of the innermost call outside Node itself, as ` at FILE:LINE`; empty where the stack has none. */
function placeOf(stack: string): string {
  const frame = stack.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node:'));
  const [, place, line] = /\(?((?:file:\/\/)?\/[^()]*?):(\d+):\d+\)?$/.exec(frame ?? '') ?? [];
  if (place === undefined) return '';
  return ` at ${place.startsWith('file:') ? fileURLToPath(place) : place}:${line ?? ''}`;
}
