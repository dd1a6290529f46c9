import { ByteReader } from './byte-reader.js';

/** The files that a store consists of, beside logs that are newer than this one. */
export interface StoreFiles {
  /** The number of the log that holds what is in no table yet; 0 for a store that was just begun. */
  readonly log: number;
  /** The size of each table, by its number. */
  readonly tables: ReadonlyMap<number, number>;
  /** The first and the last key of each table. */
  readonly bounds: readonly Buffer[];
}

/** How to read past each kind of field that says nothing about files. */
const otherFields: Readonly<Record<number, (edit: ByteReader) => unknown>> = {
  1: (edit) => edit.bytes(edit.varint()), // the name of the comparator
  3: (edit) => edit.varint(), // the next number of a file
  4: (edit) => edit.varint(), // the last sequence number
  5: (edit) => [edit.varint(), edit.bytes(edit.varint())], // where to compact next
  9: (edit) => edit.varint(), // the log before
};
const logField = 2;
const goneField = 6;
const tableField = 7;
const stampSize = 8;

/** Reads the records of a MANIFEST: each is a change to the set of files. @returns `undefined` where it makes no sense */
export function readManifest(records: readonly Buffer[]): StoreFiles | undefined {
  let log: number | undefined;
  const tables = new Map<string, { number: number; size: number; bounds: Buffer[] }>();
  try {
    for (const record of records) {
      const edit = new ByteReader(record);
      while (!edit.isDone) {
        const field = edit.varint();
        if (field === logField) log = edit.varint();
        else if (field === goneField) tables.delete(`${edit.varint()} ${edit.varint()}`);
        else if (field === tableField) {
          const level = edit.varint();
          const number = edit.varint();
          const size = edit.varint();
          const bounds = [readKey(edit), readKey(edit)];
          tables.set(`${level} ${number}`, { number, size, bounds });
        } else {
          const skip = otherFields[field];
          if (!skip) return undefined;
          skip(edit);
        }
      }
    }
  } catch {
    return undefined;
  }
  if (log === undefined) return undefined;
  const all = [...tables.values()];
  return {
    log,
    tables: new Map(all.map(({ number, size }) => [number, size])),
    bounds: all.flatMap((table) => table.bounds),
  };
}

/** LevelDB adds to a key when it was written. */
function readKey(edit: ByteReader): Buffer {
  return edit.bytes(edit.varint()).subarray(0, -stampSize);
}
