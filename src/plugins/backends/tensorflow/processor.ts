import { readFileSync } from 'node:fs';

/** Instructions for products of bfloat16 numbers, as Linux names them. */
const instructions = /\b(?:avx512_bf16|amx_bf16|avx_ne_convert)\b/;

/** Whether this processor multiplies bfloat16 numbers itself, or TensorFlow has to convert them. */
export function bfloat16Support(flags = described('flags')): 'native' | 'emulated' {
  return instructions.test(flags) ? 'native' : 'emulated';
}

/** The model of this processor and the instructions that it has: what is compiled for one fits no other. */
export function processorIdentity(): string {
  return ['model name', 'flags'].map(described).join('\n');
}

/** The first line of this name in what Linux tells of the processor; empty where it tells nothing. */
function described(name: string): string {
  try {
    return new RegExp(`^${name}\\s*:.*$`, 'm').exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  } catch {
    return '';
  }
}
