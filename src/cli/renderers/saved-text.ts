/** What an interrupted stage left behind; before its first step it has nothing to save. */
export function savedText(step: number): string {
  return step === 0 ? 'nothing to save yet' : `saved at step ${step}`;
}
