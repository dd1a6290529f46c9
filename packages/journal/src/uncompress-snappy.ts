import { ByteReader } from './byte-reader.js';

/** The two lowest bits of a tag say what follows it. */
const literal = 0;
const nearCopy = 1;

/**
 * Undoes Snappy, with which LevelDB compresses blocks unless it is told not to.
 * The format: the length of the text; then pieces, each a tag and what it says: bytes as they are, or where in the text so
 * far bytes are to be copied from.
 *
 * @throws for what Snappy did not make
 */
export function uncompressSnappy(compressed: Buffer): Buffer {
  const pieces = new ByteReader(compressed);
  const text = Buffer.alloc(pieces.varint());
  let at = 0;
  while (!pieces.isDone) {
    const tag = pieces.number(1);
    const kind = tag & 3;
    const high = tag >>> 2;
    if (kind === literal) {
      // Up to 60 bytes are counted in the tag; above that it says how many bytes the count has.
      const length = (high < 60 ? high : pieces.number(high - 59)) + 1;
      at = put(text, at, pieces.bytes(length));
    } else {
      const isNear = kind === nearCopy;
      const length = isNear ? (high & 7) + 4 : high + 1;
      const distance = isNear ? ((high >>> 3) << 8) + pieces.number(1) : pieces.number(kind === 2 ? 2 : 4);
      if (distance === 0 || distance > at || at + length > text.length) throw new RangeError('A copy of nothing.');
      // Byte by byte: a copy may reach into itself, which repeats it.
      for (const end = at + length; at < end; at++) text.writeUInt8(text.readUInt8(at - distance), at);
    }
  }
  if (at !== text.length) throw new RangeError('There is less text than there should be.');
  return text;
}

function put(text: Buffer, at: number, bytes: Buffer): number {
  if (at + bytes.length > text.length) throw new RangeError('There is more text than there should be.');
  bytes.copy(text, at);
  return at + bytes.length;
}
