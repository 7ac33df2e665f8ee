import { readFileSync } from 'node:fs';

/** Instructions for products of bfloat16 numbers, as Linux names them. */
const instructions = /\b(?:avx512_bf16|amx_bf16|avx_ne_convert)\b/;

/** Whether this processor multiplies bfloat16 numbers itself, or TensorFlow has to convert them. */
export function bfloat16Support(flags = processorFlags()): 'native' | 'emulated' {
  return instructions.test(flags) ? 'native' : 'emulated';
}

function processorFlags(): string {
  try {
    return /^flags\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  } catch {
    return '';
  }
}
