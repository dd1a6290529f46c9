import { ByteReader } from './byte-reader.js';

/** A number of its own and how many changes there are. */
const headerSize = 12;
const deletion = 0;
const value = 1;

/**
 * Reads the keys that a record of a write-ahead log puts or deletes.
 *
 * @returns `undefined` where it makes no sense
 */
export function readBatch(record: Buffer): Buffer[] | undefined {
  const keys: Buffer[] = [];
  try {
    const batch = new ByteReader(record);
    batch.bytes(headerSize);
    while (!batch.isDone) {
      const change = batch.varint();
      if (change !== value && change !== deletion) return undefined;
      keys.push(batch.bytes(batch.varint()));
      if (change === value) batch.bytes(batch.varint());
    }
  } catch {
    return undefined;
  }
  return keys;
}
