import { readFileSync } from 'node:fs';

/** Instructions for products of bfloat16 numbers, as Linux names them. */
const instructions = /\b(?:avx512_bf16|amx_bf16|avx_ne_convert)\b/;

/** Whether this processor multiplies bfloat16 numbers itself, or TensorFlow has to convert them. */
export function bfloat16Support(flags = described('flags')): 'native' | 'emulated' {
  return instructions.test(flags) ? 'native' : 'emulated';
}

/** Extensions of x86 that compilers write instructions of without being told to, as Linux names them. */
const compiled =
  /^(?:3dnow|abm|adx|aes|amx|apx|avx|bmi|cmov|cmpccxadd|cx16|f16c|fma|gfni|lahf|mmx|movbe|movdir|pclmul|pni|popcnt|prefetch|sha|s?sse|tbm|vaes|vpclmul|xop)/;

/**
 * The model of this processor and the instructions that it has: what is compiled for one fits no other. Flags that tell
 * of kernel, microcode or hypervisor are left out, because they change without a change of the processor.
 */
export function processorIdentity(model = described('model name'), flags = described('flags')): string {
  const extensions = flags.split(/\s+/).filter((flag) => compiled.test(flag));
  return [model, ...extensions.sort()].join(' ');
}

/** The first line of this name in what Linux tells of the processor; empty where it tells nothing. */
function described(name: string): string {
  try {
    return new RegExp(`^${name}\\s*:.*$`, 'm').exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[0] ?? '';
  } catch {
    return '';
  }
}
