/** A field of a protocol buffers message: its number and its content, which is one number where it is a `Float32Array`. */
export type Field = readonly [number: number, content: number | bigint | string | Uint8Array | Float32Array];

/**
 * A message in the wire format of protocol buffers: whole numbers as varints, others as 32 bits, all else with its
 * length before it.
 */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(([number, content]) => encoded(number, content)));
}

function encoded(number: number, content: Field[1]): readonly Uint8Array[] {
  if (typeof content === 'number' || typeof content === 'bigint')
    return [varint(BigInt(number) << 3n), varint(BigInt.asUintN(64, BigInt(content)))];
  if (content instanceof Float32Array)
    return [varint((BigInt(number) << 3n) | 5n), new Uint8Array(content.buffer, content.byteOffset, 4)];
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return [varint((BigInt(number) << 3n) | 2n), varint(BigInt(bytes.length)), bytes];
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
