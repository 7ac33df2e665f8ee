const task = 'Below is an instruction that describes a task';
const request = 'Write a response that appropriately completes the request.';

/**
 * The prompt of Stanford Alpaca, with and without input. The answer begins on a line of its own, as in Alpaca-LoRA and
 * LoLCATs.
 */
export function alpacaPrompt(instruction: string, input: string): string {
  return input.trim() === ''
    ? `${task}. ${request}\n\n### Instruction:\n${instruction}\n\n### Response:\n`
    : `${task}, paired with an input that provides further context. ${request}\n\n` +
        `### Instruction:\n${instruction}\n\n### Input:\n${input}\n\n### Response:\n`;
}
