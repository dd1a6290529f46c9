import type { JobState, Journal, JournalEntry } from '@whisul-rx/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const song = {
  title: 'Midnight Drizzle',
  bpm: 85,
  duration: 183,
  song_url: 'https://cdn.whisul.com/songs/1.mp3',
  image_url: 'https://cdn.whisul.com/art/1.png',
  tags: 'lo-fi',
};
const base = { prompt: 'a prompt', attempt: 1, at: Date.UTC(2026, 0, 1) };
const job = { job_id: 'j', prompt: 'a prompt' };
const finished: JobState = { ...job, status: 'completed', result: song, error: null };

/** An entry of each state, with what an API of tomorrow may add. */
export const entries: JournalEntry[] = [
  { ...base, key: '0', state: 'submitting' },
  { ...base, key: '1', state: 'rejected', attempt: 3 },
  {
    ...base,
    key: '2',
    state: 'submitted',
    job: { ...job, status: 'submitted', poll_url: '/jobs/j', submitted_at: '2026-01-01T00:00:00Z' },
  },
  {
    ...base,
    key: '3',
    state: 'completed',
    job: Object.assign({}, finished, { extra: [1] }),
  },
  { ...base, key: '4', state: 'failed', job: { ...job, status: 'failed', result: null, error: 'no luck' } },
];

export async function all(journal: Journal): Promise<JournalEntry[]> {
  const found: JournalEntry[] = [];
  for await (const entry of journal.entries()) found.push(entry);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What every journal keeps to. */
export function describeJournal(name: string, open: () => Promise<Journal>): void {
  describe(name, () => {
    let journal: Journal;
    beforeEach(async () => {
      journal = await open();
    });
    afterEach(() => journal.close());

    it('gives back what was put, in every state', async () => {
      for (const entry of entries) await journal.put(entry);
      for (const entry of entries) expect(await journal.get(entry.key)).toEqual(entry);
      expect(await all(journal)).toEqual(entries);
    });

    it('knows nothing of a key that was not put', async () => {
      expect(await journal.get('0')).toBeUndefined();
      expect(await all(journal)).toEqual([]);
    });

    it('keeps the latest entry of a key', async () => {
      await journal.put({ ...base, key: 'k', state: 'submitting' });
      await journal.put({ ...base, key: 'k', state: 'rejected', attempt: 2 });
      expect(await all(journal)).toEqual([{ ...base, key: 'k', state: 'rejected', attempt: 2 }]);
    });

    it('tells any two keys apart', async () => {
      const keys = [
        '',
        ' ',
        'a',
        'A',
        'é',
        'e\u0301',
        '\ud800',
        '\ud801',
        '\0',
        '"',
        '\\',
        '\n',
        'entry',
        '__proto__',
        '😀',
      ];
      for (const key of keys)
        await journal.put({ ...base, key, prompt: `of ${JSON.stringify(key)}`, state: 'rejected' });
      for (const key of keys) expect((await journal.get(key))?.prompt).toBe(`of ${JSON.stringify(key)}`);
      expect((await all(journal)).map(({ key }) => key)).toEqual([...keys].sort());
    });

    it('is not changed by what a caller does to an entry afterwards', async () => {
      const entry: JournalEntry = structuredClone({ ...base, key: 'k', state: 'completed', job: finished });
      await journal.put(entry);
      entry.attempt = 7;
      if (entry.job) entry.job.prompt = 'changed';
      const read = await journal.get('k');
      if (read?.job) read.job.prompt = 'changed';
      for (const each of await all(journal)) if (each.job) each.job.prompt = 'changed';
      expect(await journal.get('k')).toEqual({ ...base, key: 'k', state: 'completed', job: finished });
    });

    it('takes many puts at once, and streams while more are made', async () => {
      await Promise.all(
        Array.from({ length: 200 }, (_, index) => journal.put({ ...base, key: String(index), state: 'submitting' })),
      );
      let seen = 0;
      for await (const entry of journal.entries()) {
        seen += 1;
        if (seen < 10) await journal.put({ ...entry, state: 'rejected' });
        if (seen === 150) break;
      }
      expect([seen, (await all(journal)).length]).toEqual([150, 200]);
    });

    it('fails with code `journal` after close(), which may come twice', async () => {
      await journal.put({ ...base, key: 'k', state: 'submitting' });
      await journal.close();
      await journal.close();
      const closed = expect.objectContaining({ code: 'journal' });
      await expect(journal.get('k')).rejects.toEqual(closed);
      await expect(journal.put({ ...base, key: 'k', state: 'submitting' })).rejects.toEqual(closed);
      await expect(all(journal)).rejects.toEqual(closed);
    });
  });
}
