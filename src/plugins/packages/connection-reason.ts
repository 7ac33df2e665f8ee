import { reasonOf } from '../../base/reason.js';

/** Why a request failed: fetch hides what went wrong with the connection one level deeper. */
export function connectionReason(thrown: unknown): string {
  return reasonOf(thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown);
}
