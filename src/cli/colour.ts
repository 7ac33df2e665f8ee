import picocolors from 'picocolors';
import { plainPalette, type Palette } from '../report/palette.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether escape codes may be written: `NO_COLOR` forbids, `FORCE_COLOR` demands, else a capable terminal decides. */
export function wantsColour(isTerminal: boolean, env: Environment): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if (forcesColour(env)) return true;
  return isTerminal && env['TERM'] !== 'dumb';
}

/** Whether `FORCE_COLOR` is set to anything but `0` and `false`, and nothing forbids it. */
export function forcesColour(env: Environment): boolean {
  const forced = env['FORCE_COLOR'];
  return (env['NO_COLOR'] ?? '') === '' && forced !== undefined && forced !== '0' && forced !== 'false';
}

/** The palette that writes escape codes, or the one that does not. */
export function paletteFor(colour: boolean): Palette {
  return colour ? picocolors.createColors(true) : plainPalette;
}
