/**
 * What steps give, with each step told in other words on the way: as much as `tell` makes of it, or nothing. The steps
 * end when the telling is left early.
 */
export async function* retold<Step, Told, Value>(
  steps: AsyncIterator<Step, Value, undefined>,
  tell: (step: Step) => Iterable<Told>,
): AsyncGenerator<Told, Value, undefined> {
  try {
    for (;;) {
      const step = await steps.next();
      if (step.done === true) return step.value;
      yield* tell(step.value);
    }
  } finally {
    await steps.return?.();
  }
}
