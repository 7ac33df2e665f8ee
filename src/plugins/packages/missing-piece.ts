/** A piece that is needed and not to be had. The message says what is missing, the remedy what to do. */
export class MissingPiece extends Error {
  override readonly name = 'MissingPiece';
  readonly remedy: string;

  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}
