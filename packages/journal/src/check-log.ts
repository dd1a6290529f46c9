import { crc32c } from './crc32c.js';

const blockSize = 32_768;
const headerSize = 7;

/**
 * Tells whether a write-ahead log of LevelDB is whole, up to a last record that a crash cut off.
 * LevelDB itself drops damaged records in silence when it opens a store, and what a journal forgets is paid twice.
 * The format: blocks of 32 KiB, in them records of checksum (4 bytes), length (2), type (1 to 4) and data.
 */
export function isWholeLog(log: Buffer): boolean {
  let at = 0;
  while (at < log.length) {
    const blockEnd = Math.min(log.length, blockSize * (Math.floor(at / blockSize) + 1));
    const room = blockEnd - at - headerSize;
    if (room < 0) {
      // Too little for a header: padding at the end of a block, or a header that was cut off.
      at = blockEnd;
      continue;
    }
    const length = log.readUInt16LE(at + 4);
    if (length <= room && isRecord(log, at, length)) at += headerSize + length;
    else return length > room && blockEnd === log.length && isCutOff(log, at, room);
  }
  return true;
}

function isRecord(log: Buffer, at: number, length: number): boolean {
  const type = log.readUInt8(at + 6);
  if (type < 1 || type > 4) return false;
  const crc = crc32c(log.subarray(at + 6, at + headerSize + length));
  // The stored checksum is rotated and shifted, so that a checksum of checksums is no weak one.
  const stored = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  return stored === log.readUInt32LE(at);
}

/** A record that a crash cut off is the last thing in the log; with a damaged length it hides what comes after it. */
function isCutOff(log: Buffer, at: number, room: number): boolean {
  const type = log.readUInt8(at + 6);
  if (type < 1 || type > 4 || isRecord(log, at, room)) return false;
  for (let next = at + 1; next + headerSize <= log.length; next++) {
    const length = log.readUInt16LE(next + 4);
    if (next + headerSize + length <= log.length && isRecord(log, next, length)) return false;
  }
  return true;
}
