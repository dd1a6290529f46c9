import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { isWhisulError, memoryJournal, type JournalEntry } from '@whisul-rx/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyFolder } from '../../test/api.js';
import { describePlan, planBatch } from './plan-batch.js';
import { readPrompts } from './read-prompts.js';

const read = (text: string) => readPrompts('-', Readable.from([Buffer.from(text)]), new AbortController().signal);

describe('the prompts of a batch', () => {
  it('are the lines that are not blank, named by what they say', async () => {
    expect(await read('\ufeffrain\r\n\n  sun  \nrain\n')).toEqual([
      { key: 'rain', prompt: 'rain' },
      { key: 'sun', prompt: 'sun' },
      { key: 'rain (2)', prompt: 'rain' },
    ]);
  });

  it('may be JSON, with a key of their own', async () => {
    expect(await read('{"key":"a","prompt":"rain"}\n{"prompt":"sun","more":1}')).toEqual([
      { key: 'a', prompt: 'rain' },
      { key: 'sun', prompt: 'sun' },
    ]);
  });

  it.each([
    ['', /has no prompts/],
    ['rain\n{"prompt":', /line 2: This line begins with \{ and is not JSON/],
    ['{"prompt":" "}', /line 1: There is no prompt/],
    ['{"prompt":"rain","key":1}', /line 1: The key is not a string/],
    [
      '{"key":"a","prompt":"rain"}\n\n{"key":"a","prompt":"sun"}',
      /line 3: The key "a" is on line 1, too\. .* Nothing was/,
    ],
    ['rain\n{"key":"rain","prompt":"sun"}', /line 2: The key "rain" is on line 1, too/],
    // As UTF-16 looks that has no mark at its beginning.
    ['r\0a\0i\0n\0', /is not UTF-8 text/],
  ])('cannot be %j', async (text, message) => {
    const error = await read(text).catch((reason: unknown) => reason);
    expect(isWhisulError(error, 'source') && error.message).toMatch(message);
  });

  it('have a key each, whatever the lines are', async () => {
    const line = fc.constantFrom('a', 'b', 'a (2)', 'a (3)', 'a (2) (2)');
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1 }), async (lines) => {
        const items = await read(lines.join('\n'));
        expect(new Set(items.map(({ key }) => key)).size).toBe(lines.length);
        expect(items.map(({ prompt }) => prompt)).toEqual(lines);
      }),
    );
  });

  it('are not waited for once the user has enough', async () => {
    const controller = new AbortController();
    const reading = readPrompts('-', new Readable({ read: () => undefined }), controller.signal);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('come from a file', async () => {
    const file = join(await emptyFolder(), 'prompts.txt');
    await writeFile(file, 'rain');
    expect(await readPrompts(file, Readable.from([]), new AbortController().signal)).toEqual([
      { key: 'rain', prompt: 'rain' },
    ]);
  });
});

describe('what a batch will cost', () => {
  const states = ['completed', 'submitted', 'failed', 'submitting', 'rejected'] as const;
  const items = [...states, 'new'].map((key) => ({ key, prompt: key }));

  async function plan(options: { retryFailed?: number; maxSubmits?: number; resubmit?: boolean } = {}) {
    const journal = memoryJournal();
    for (const state of states) {
      const entry: JournalEntry = { key: state, prompt: state, attempt: 1, state, at: 0 };
      await journal.put(entry);
    }
    const all = { retryFailed: 0, maxSubmits: Infinity, resubmit: false, ...options };
    const found = await planBatch(items, journal, all);
    return { found, text: describePlan(found, all, false) };
  }

  it('is what was not sent, or was refused', async () => {
    const { found, text } = await plan();
    expect(found).toMatchObject({ total: 6, finished: 1, running: 1, failed: 1, doubtful: 1, pays: 2, paysAgain: 0 });
    expect(text).toBe(
      '6 prompts: 1 is finished, 1 is being made, 1 failed, 1 is in doubt and not sent again. This pays for 2 songs.',
    );
  });

  it('counts what failed and may be tried again', async () => {
    const { found, text } = await plan({ retryFailed: 1 });
    expect(found).toMatchObject({ pays: 3, paysAgain: 3 });
    expect(text).toMatch(/This pays for 3 songs, and for up to 3 more if songs fail\.$/);
  });

  it('is never more than the limit, and more with what is in doubt', async () => {
    expect((await plan({ retryFailed: 5, maxSubmits: 4 })).found).toMatchObject({ pays: 3, paysAgain: 1 });
    expect((await plan({ resubmit: true })).found.pays).toBe(3);
  });
});
