import { jobStateSchema, type JournalEntry } from '@whisul-rx/core';
import * as z from 'zod/mini';

const entrySchema = z.object({
  key: z.string(),
  prompt: z.string(),
  attempt: z.int().check(z.positive()),
  state: z.enum(['submitting', 'rejected', 'submitted', 'completed', 'failed']),
  at: z.number(),
  job: z.exactOptional(jobStateSchema),
});

/** Throws for what is no entry, so that nothing is written that could not be read. */
export function encodeEntry(entry: JournalEntry): string {
  return JSON.stringify(entrySchema.parse(entry));
}

export function decodeEntry(json: string): JournalEntry {
  const value: unknown = JSON.parse(json);
  return entrySchema.parse(value);
}
