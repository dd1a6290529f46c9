import { decodeJournalEntry, encodeJournalEntry } from '@whisul-rx/core/adapter';
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from './journal.js';

const item = { key: 'k\u0435y\u2028', prompt: 'a song', at: 1_700_000_000_000 };
const job = { status: 'submitted', job_id: 'a', prompt: 'a song', poll_url: '/jobs/a', submitted_at: 'now' } as const;
const entries: JournalEntry[] = [
  { ...item, attempt: 1, state: 'submitting' },
  { ...item, attempt: 2, state: 'rejected' },
  { ...item, attempt: 3, state: 'submitted', job },
];

it.each(entries)('an entry comes back as it was: $state', (entry) => {
  expect(decodeJournalEntry(encodeJournalEntry(entry))).toEqual(entry);
});

describe('what is not an entry is refused', () => {
  const [entry] = entries;
  it.each([
    ['has no attempt', { ...entry, attempt: 0 }],
    ['has an unknown state', { ...entry, state: 'lost' }],
    ['was accepted, and has no job', { ...entry, state: 'submitted' }],
    ['has a job without an id', { ...entry, job: { status: 'submitted' } }],
    ['has no time', { ...entry, at: null }],
  ])('when it %s', (_, wrong) => {
    expect(() => Reflect.apply(encodeJournalEntry, undefined, [wrong])).toThrow();
    expect(() => decodeJournalEntry(JSON.stringify(wrong))).toThrow();
  });
});
