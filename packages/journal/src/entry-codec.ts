import { crc32 } from 'node:zlib';
import type { JournalEntry } from '@whisul-rx/core';
import { decodeJournalEntry, encodeJournalEntry } from '@whisul-rx/core/adapter';

/** A text with its checksum before it: LevelDB does not check what it reads. Throws for what has been changed. */
export function unseal(sealed: string): string {
  const text = sealed.slice(9);
  if (seal(text) !== sealed) throw new Error('an entry is damaged');
  return text;
}

export function seal(text: string): string {
  return `${crc32(text).toString(16).padStart(8, '0')} ${text}`;
}

/** Throws for what is no entry, so that nothing is written that could not be read. */
export function encodeEntry(entry: JournalEntry): string {
  return seal(encodeJournalEntry(entry));
}

export function decodeEntry(sealed: string): JournalEntry {
  return decodeJournalEntry(unseal(sealed));
}
