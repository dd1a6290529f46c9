import * as z from 'zod/mini';
import { jobStateSchema } from '../model/job-schema.js';
import type { JournalEntry } from './journal.js';

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

/**
 * Writes an entry of a journal as JSON text, for journals that keep text.
 *
 * @throws if it is not an entry, so that nothing is written that could not be read
 * @example
 * ```ts
 * import { encodeJournalEntry } from '@whisul-rx/core/adapter';
 *
 * const entry = { key: '0', prompt: 'a song', attempt: 1, state: 'submitting', at: 0 } as const;
 * const text = encodeJournalEntry(entry);
 * ```
 */
export function encodeJournalEntry(entry: JournalEntry): string {
  return JSON.stringify(entrySchema.parse(entry));
}

/**
 * Reads what {@link encodeJournalEntry} has written.
 *
 * @throws if the text is not an entry
 * @example
 * ```ts
 * import { decodeJournalEntry } from '@whisul-rx/core/adapter';
 *
 * const text = '{"key":"0","prompt":"a song","attempt":1,"state":"submitting","at":0}';
 * const { prompt } = decodeJournalEntry(text);
 * ```
 */
export function decodeJournalEntry(text: string): JournalEntry {
  const value: unknown = JSON.parse(text);
  return entrySchema.parse(value);
}
