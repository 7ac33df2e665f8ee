/** A file of a model or a data set that cannot be used: the message names the file, what is wrong and the remedy. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';

  constructor(
    readonly file: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${problem}`, options);
  }
}
