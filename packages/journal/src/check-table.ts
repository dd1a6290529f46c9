import { ByteReader } from './byte-reader.js';
import { isSealed } from './crc32c.js';
import { uncompressSnappy } from './uncompress-snappy.js';

const footerSize = 48;
const magic = Buffer.from('57fb808b247547db', 'hex');
/** After each block: how it is compressed and a checksum. */
const trailerSize = 5;
const plain = 0;
const snappy = 1;

/**
 * Tells whether a table of LevelDB is whole. LevelDB itself does not check what it reads: of a damaged index it misses
 * entries, and a damaged length ends the process.
 * A journal does not compress; another LevelDB tool that opens its folder does, and rewrites tables on its own accord.
 * The format: blocks; one that lists blocks of data, one that lists others; a footer that says where those two are.
 */
export function isWholeTable(table: Buffer): boolean {
  try {
    const footer = table.subarray(-footerSize);
    if (footer.length < footerSize || !footer.subarray(-magic.length).equals(magic)) return false;
    const handles = new ByteReader(footer);
    for (const list of [readBlock(table, handles), readBlock(table, handles)])
      for (const handle of readValues(list)) sealedBlock(table, new ByteReader(handle));
    return true;
  } catch {
    return false;
  }
}

/** The block at a handle, as it is stored, and how it is compressed. Throws for one that is not as it was written. */
function sealedBlock(table: Buffer, handle: ByteReader): { readonly block: Buffer; readonly compression: number } {
  const at = handle.varint();
  const length = handle.varint();
  const sealed = new ByteReader(table.subarray(at)).bytes(length + trailerSize);
  const compression = sealed.readUInt8(length);
  const isWhole = isSealed(sealed.subarray(0, length + 1), sealed.readUInt32LE(length + 1));
  if (!isWhole || (compression !== plain && compression !== snappy)) throw new Error('a block is damaged');
  return { block: sealed.subarray(0, length), compression };
}

function readBlock(table: Buffer, handle: ByteReader): Buffer {
  const { block, compression } = sealedBlock(table, handle);
  return compression === snappy ? uncompressSnappy(block) : block;
}

/** The values of a block. Before each: how much of its key is new, and how long the value is. */
function readValues(block: Buffer): Buffer[] {
  const restarts = block.readUInt32LE(block.length - 4);
  const entries = new ByteReader(block.subarray(0, block.length - 4 - 4 * restarts));
  const values: Buffer[] = [];
  while (!entries.isDone) {
    entries.varint();
    const [newKey, value] = [entries.varint(), entries.varint()];
    entries.bytes(newKey);
    values.push(entries.bytes(value));
  }
  return values;
}
