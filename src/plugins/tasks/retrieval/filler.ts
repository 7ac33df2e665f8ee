/** Sentences that say nothing, as Landmark Attention hides its pass keys among them. */
const sentences = [
  'The grass is green.',
  'The sky is blue.',
  'The sun is yellow.',
  'Here we go.',
  'There and back again.',
];

/** The first sentences of endless irrelevant text. */
export function fillerSentences(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => sentences[index % sentences.length] ?? '');
}
