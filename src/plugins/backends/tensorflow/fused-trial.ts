/** As many as fill no vector of a processor, so that what is left over is computed too. */
const x: readonly number[] = Array.from({ length: 37 }, (_, index) => index - 18);

/** A small fused operation whose result is known: normalisation of x with all weights 1. */
export const fusedTrial = { operation: 'HplRmsNorm', epsilon: 0.5, x } as const;

/** Whether the operation gave what it must: x / sqrt(mean(x²) + epsilon), but for rounding. */
export function isTrialResult(y: readonly number[]): boolean {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  const scale = 1 / Math.sqrt(mean + fusedTrial.epsilon);
  return (
    y.length === x.length && x.every((value, index) => Math.abs((y[index] ?? NaN) - value * scale) < 1e-5)
  );
}
