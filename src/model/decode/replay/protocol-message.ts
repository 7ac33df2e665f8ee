/** A field of a protocol buffers message: its number and its content. */
export type Field = readonly [number: number, content: number | bigint | string | Uint8Array];

/** A message in the wire format of protocol buffers: numbers as varints, all else with its length before it. */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(([number, content]) => encoded(number, content)));
}

function encoded(number: number, content: Field[1]): readonly Uint8Array[] {
  if (typeof content === 'number' || typeof content === 'bigint')
    return [varint(BigInt(number) << 3n), varint(BigInt.asUintN(64, BigInt(content)))];
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
