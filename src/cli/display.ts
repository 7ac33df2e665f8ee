import { forcesColour, paletteFor, wantsColour } from './colour.js';
import type { Io, TextStream } from './io.js';
import type { ProgressMode } from './progress-mode.js';
import { JsonRenderer } from './renderers/json.js';
import { PlainRenderer } from './renderers/plain.js';
import { QuietRenderer } from './renderers/quiet.js';
import type { Output, Outputs, Renderer, Verbosity } from './renderers/renderer.js';
import { TtyRenderer } from './renderers/tty.js';

/** Lines of plain text are wrapped here whatever the terminal, so that a replay writes what the run wrote. */
const plainWidth = 100;
const widestProse = 110;

/** Where the two kinds of text of a run go, and how chatty it is. */
export interface DisplayOptions {
  readonly mode: ProgressMode;
  readonly verbosity: Verbosity;
  /** Progress of a living run goes to standard error; a replay is itself the result. */
  readonly progress: TextStream;
  readonly results: TextStream;
  readonly env: Io['env'];
}

/** The renderer for a mode, writing to the given streams. */
export function createRenderer(options: DisplayOptions): Renderer {
  const outputs = outputsOf(options);
  switch (options.mode) {
    case 'tty':
      return new TtyRenderer(screenOf(options.progress), outputs, options.verbosity);
    case 'plain':
      return new PlainRenderer(outputs, options.verbosity);
    case 'json':
      return new JsonRenderer(outputs.results, outputs.progress);
    case 'quiet':
      return new QuietRenderer(outputs);
    case 'none':
      return silent;
  }
}

function outputsOf({ mode, progress, results, env }: DisplayOptions): Outputs {
  if (mode === 'plain') {
    const palette = paletteFor(forcesColour(env));
    const output = (stream: TextStream): Output => ({ ...bound(stream), width: () => plainWidth, palette });
    return { progress: output(progress), results: output(results) };
  }
  const output = (stream: TextStream): Output => ({
    ...bound(stream),
    width: () => Math.min(widestProse, stream.columns ?? plainWidth),
    palette: paletteFor(wantsColour(stream.isTTY === true, env)),
  });
  return {
    progress: output(progress),
    results: { ...output(results), width: () => results.columns ?? plainWidth },
  };
}

function bound(stream: TextStream): Pick<Output, 'write'> {
  return { write: (text) => void stream.write(text) };
}

function screenOf(stream: TextStream): ConstructorParameters<typeof TtyRenderer>[0] {
  return {
    write: (text) => void stream.write(text),
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
  };
}

const silent: Renderer = {
  show: () => undefined,
  tick: () => undefined,
  notice: () => undefined,
  close: () => undefined,
};
