/** A piece that setup needs and does not find. The message says what is missing, the remedy what to do. */
export class SetupFailure extends Error {
  override readonly name = 'SetupFailure';
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}
