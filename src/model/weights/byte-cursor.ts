/** The bytes at hand end before the value that was asked for. */
export class PastEndError extends Error {
  override readonly name = 'PastEndError';
}

/** Reads little-endian values from bytes, one after the other. Throws a `PastEndError` where the bytes end. */
export class ByteCursor {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.at;
  }

  /** Bytes still there. */
  get remaining(): number {
    return this.bytes.length - this.at;
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  int8(): number {
    return this.view.getInt8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  int16(): number {
    return this.view.getInt16(this.advance(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  float32(): number {
    return this.view.getFloat32(this.advance(4), true);
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), true);
  }

  /** Rounded to a double above 2^53, where no size or count of a real file lies. */
  uint64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }

  /** Rounded to a double beyond 2^53 in size. */
  int64(): number {
    return Number(this.view.getBigInt64(this.advance(8), true));
  }

  /** UTF-8; bytes that are none become U+FFFD. */
  text(length: number): string {
    const start = this.advance(length);
    return decoder.decode(this.bytes.subarray(start, start + length));
  }

  private advance(count: number): number {
    if (count > this.remaining) throw new PastEndError(`${count} bytes wanted, ${this.remaining} left`);
    const start = this.at;
    this.at += count;
    return start;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
