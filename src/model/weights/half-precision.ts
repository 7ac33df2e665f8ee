/** bfloat16 is the upper half of a float32. */
export function floatsFromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index += 1) words[index] = (bits[index] ?? 0) << 16;
  return new Float32Array(words.buffer);
}

/** IEEE 754 half precision to single precision; exact, because every half is a single. */
export function floatsFromFloat16(bits: Uint16Array): Float32Array {
  const floats = new Float32Array(bits.length);
  for (let index = 0; index < bits.length; index += 1) floats[index] = floatFromHalf(bits[index] ?? 0);
  return floats;
}

function floatFromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
