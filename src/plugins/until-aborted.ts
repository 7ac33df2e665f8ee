/** The steps as they are; undefined once the signal is aborted, since a fetch that is stopped rejects. */
export async function* untilAborted<Step, Value>(
  steps: AsyncIterable<Step, Value, undefined>,
  signal: AbortSignal,
): AsyncGenerator<Step, Value | undefined, undefined> {
  try {
    return yield* steps;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}
