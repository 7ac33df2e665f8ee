import type { Catalogue } from '../runtime/catalogue.js';
import type { BackendRefusal } from '../runtime/choose-backend.js';
import { CommandFailure } from './command-failure.js';
import { exitCodes } from './exit-codes.js';
import { didYouMean } from './suggestion.js';

/** Refuses a name of `--backend` that no plugin has. */
export function requireBackend(name: string, { signatures }: Catalogue): void {
  const known = [...(signatures.components.get('backend')?.keys() ?? [])];
  if (known.includes(name)) return;
  throw new CommandFailure(
    `There is no backend "${name}".${didYouMean(name, known)} Known backends: ${known.join(', ')}.`,
  );
}

/** The failure of a command whose backend cannot compute here. */
export function backendNotReady(name: string, { reason, remedy }: BackendRefusal): CommandFailure {
  return new CommandFailure(
    `The backend "${name}" is not ready. ${reason}\n${remedy}`.trimEnd(),
    exitCodes.unavailable,
  );
}
