import { isSealed } from './crc32c.js';

const blockSize = 32_768;
const headerSize = 7;

/** Parts of a record that is spread over blocks. */
const full = 1;
const first = 2;
const last = 4;

export interface LogContent {
  readonly records: readonly Buffer[];
  /** The last record is not all there, as after a crash. */
  readonly isCut: boolean;
}

/**
 * Reads a log of LevelDB: a write-ahead log or a MANIFEST. LevelDB itself drops damaged records without an error when it opens a
 * store, and what a journal forgets is paid twice.
 * The format: blocks of 32 KiB, in them parts of records: checksum (4 bytes), length (2), type (1 to 4) and data.
 *
 * @returns `undefined` for a log that is damaged, which is more than cut off
 */
export function readLog(log: Buffer): LogContent | undefined {
  const records: Buffer[] = [];
  let begun: Buffer[] = [];
  let at = 0;
  while (at < log.length) {
    const blockEnd = Math.min(log.length, blockSize * (Math.floor(at / blockSize) + 1));
    const room = blockEnd - at - headerSize;
    if (room < 0) {
      // Too little for a header: padding at the end of a block, or a header that was cut off.
      if (blockEnd % blockSize !== 0) return { records, isCut: true };
      at = blockEnd;
      continue;
    }
    const length = log.readUInt16LE(at + 4);
    if (length > room || !isPart(log, at, length)) {
      const isCut = length > room && blockEnd === log.length && isCutOff(log, at, room);
      return isCut ? { records, isCut } : undefined;
    }
    const type = log.readUInt8(at + 6);
    const begins = type === full || type === first;
    if (begins !== (begun.length === 0)) return undefined;
    begun.push(log.subarray(at + headerSize, at + headerSize + length));
    if (type === full || type === last) {
      records.push(Buffer.concat(begun));
      begun = [];
    }
    at += headerSize + length;
  }
  return { records, isCut: begun.length > 0 };
}

function isPart(log: Buffer, at: number, length: number): boolean {
  const type = log.readUInt8(at + 6);
  if (type < full || type > last) return false;
  return isSealed(log.subarray(at + 6, at + headerSize + length), log.readUInt32LE(at));
}

/** A record that a crash cut off is the last thing in the log; with a damaged length it hides what comes after it. */
function isCutOff(log: Buffer, at: number, room: number): boolean {
  const type = log.readUInt8(at + 6);
  if (type < full || type > last || isPart(log, at, room)) return false;
  for (let next = at + 1; next + headerSize <= log.length; next++) {
    const length = log.readUInt16LE(next + 4);
    if (next + headerSize + length <= log.length && isPart(log, next, length)) return false;
  }
  return true;
}
