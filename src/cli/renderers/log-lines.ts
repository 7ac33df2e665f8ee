import type { Palette } from '../../report/palette.js';
import type { StageBody } from '../../runtime/contract/events.js';
import type { LogLevel } from '../../runtime/contract/stage.js';
import type { Verbosity } from './renderer.js';

type LogEvent = Extract<StageBody, { type: 'stage.log' }>;

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

/** Whether a log event is shown at this verbosity. */
export function isShown(event: LogEvent, verbosity: Verbosity): boolean {
  if (event.source === 'native') return verbosity >= 2;
  return rank[event.level] >= (verbosity >= 1 ? rank.debug : rank.info);
}

/** Whether a level is at least as grave as another. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return rank[level] >= rank[least];
}

/** A log message as lines; warnings and errors say what they are. */
export function logLines(event: LogEvent, palette: Palette): readonly string[] {
  const lines = event.message
    .replace(/\s+$/, '')
    .split(/\r?\n|\r/)
    .map(withoutControls);
  return lines.map((line, index) => (index === 0 ? `${label(event, palette)}${line}` : line));
}

function label(event: LogEvent, palette: Palette): string {
  if (event.source === 'native') return palette.dim('native: ');
  switch (event.level) {
    case 'error':
      return palette.red('error: ');
    case 'warning':
      return palette.yellow('warning: ');
    case 'debug':
      return palette.dim('debug: ');
    default:
      return '';
  }
}

// A library's own escape codes would move the cursor out of the live region.
function withoutControls(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\x00-\x08\x0b-\x1f\x7f]/g, '');
}
