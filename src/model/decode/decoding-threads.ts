/**
 * Threads for one operation of TensorFlow while texts are continued, of so many cores. Large products run as two halves
 * side by side: each has half of the cores to itself, and none waits for a thread that the other one uses. A prompt is
 * read more slowly by that.
 */
export function decodingThreads(cores: number): number {
  return Math.max(1, Math.floor(cores / 2));
}
