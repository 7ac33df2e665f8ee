import { paletteFor } from '../../src/cli/colour.js';
import type { Output, Outputs } from '../../src/cli/renderers/renderer.js';
import { TestTerminal } from './test-terminal.js';

/** Outputs that keep what is written, both kinds in one text in the order of writing. */
export function recordedOutputs(
  width = 100,
  colour = false,
): { readonly outputs: Outputs; readonly text: () => string } {
  let written = '';
  const output: Output = {
    write: (text) => {
      written += text;
    },
    width: () => width,
    palette: paletteFor(colour),
  };
  return { outputs: { progress: output, results: output }, text: () => written };
}

/** A terminal of some size that shows what is written to it. */
export function recordedScreen(
  columns: number,
  rows: number,
): { readonly outputs: Outputs; readonly terminal: TestTerminal } {
  const terminal = new TestTerminal(columns, rows);
  const output: Output = {
    write: (text) => {
      terminal.write(text);
    },
    width: () => terminal.columns(),
    palette: paletteFor(false),
  };
  return { outputs: { progress: output, results: output }, terminal };
}
