/** Seconds without a single byte after which a connection counts as dead. */
const patience = 60;

/** Ends a request whose connection stands still: its signal aborts once nothing has come for a minute. */
export class StallTimer {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** To be called at the start and with every byte that comes. */
  restart(): void {
    this.stop();
    this.timer = setTimeout(() => {
      this.controller.abort(new Error(`no data for ${patience} s`));
    }, patience * 1000);
  }

  /** To be called at the end, so that nothing keeps the process. */
  stop(): void {
    clearTimeout(this.timer);
  }
}
