import type { Renderer } from './renderers/renderer.js';

/** Milliseconds between two drawings of a living view. */
const tickInterval = 100;

/**
 * Lets time pass for a renderer, and gives the terminal back however the process ends: a renderer hides the cursor
 * while it draws. Time stands still for a run whose process is not alive. Returns what stops the ticking.
 */
export function startTicking(renderer: Renderer, isAlive: () => boolean = () => true): () => void {
  const timer = setInterval(() => {
    if (isAlive()) renderer.tick(Date.now());
  }, tickInterval);
  const restore = (): void => {
    renderer.close();
  };
  process.once('exit', restore);
  return () => {
    clearInterval(timer);
    process.removeListener('exit', restore);
  };
}
