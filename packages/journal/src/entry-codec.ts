import { crc32 } from 'node:zlib';
import { jobStateSchema, type JournalEntry } from '@whisul-rx/core';
import * as z from 'zod/mini';

const entrySchema = z
  .object({
    key: z.string(),
    prompt: z.string(),
    attempt: z.int().check(z.positive()),
    state: z.enum(['submitting', 'rejected', 'submitted', 'completed', 'failed']),
    at: z.number(),
    job: z.exactOptional(jobStateSchema),
  })
  .check(
    z.refine(
      ({ state, job }) => state === 'submitting' || state === 'rejected' || job !== undefined,
      'an entry of an accepted item needs its job',
    ),
  );

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
  return seal(JSON.stringify(entrySchema.parse(entry)));
}

export function decodeEntry(sealed: string): JournalEntry {
  const value: unknown = JSON.parse(unseal(sealed));
  return entrySchema.parse(value);
}
