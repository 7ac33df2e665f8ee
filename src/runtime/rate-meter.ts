/** How many steps back the rate looks, so that it follows a change of pace without jumping. */
const windowLength = 20;

/** Steps per second and the time that is left, from the last steps. */
export class RateMeter {
  private readonly marks: { readonly step: number; readonly at: number }[] = [];

  /** Takes a step that was reached at a time in milliseconds. The first step has no rate. */
  observe(step: number, of: number, at: number): { perSecond?: number; etaSeconds?: number } {
    this.marks.push({ step, at });
    if (this.marks.length > windowLength + 1) this.marks.shift();
    const [first] = this.marks;
    if (first === undefined || at <= first.at || step <= first.step) return {};
    const perSecond = ((step - first.step) / (at - first.at)) * 1000;
    return { perSecond, etaSeconds: Math.max(0, of - step) / perSecond };
  }
}
