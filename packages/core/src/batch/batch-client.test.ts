import { createEmulator, type Emulator } from '@whisul-rx/emulator';
import { map, take, tap } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { createWhisul } from '../create-whisul.js';
import type { Whisul } from '../whisul.js';
import type { JobEngine } from '../model/job-source.js';
import type { WhisulOptions } from '../whisul-options.js';
import { batch$ } from './batch.js';
import type { Journal } from './journal.js';
import { registerSubmission, submissionOf } from '../model/submission.js';
import { memoryJournal } from './memory-journal.js';

let emulator: Emulator;
let whisul: Whisul;
function client(jobDuration = 20, options: WhisulOptions = {}): Whisul {
  emulator = createEmulator({ jobDuration, seed: 1 });
  whisul = createWhisul({
    ...options,
    apiKey: 'key',
    baseUrl: 'http://emulator.local/api',
    fetch: emulator.fetch,
    schedule: () => 10,
    retry: { baseDelay: 5, maxDelay: 20 },
  });
  return whisul;
}
afterEach(() => {
  whisul.close();
  emulator.close();
});
const posts = () => emulator.requests.filter(({ method }) => method === 'POST').map(({ prompt }) => prompt);
const prompts = Array.from({ length: 20 }, (_, index) => `song ${index}`);
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await settled();
}
const statesIn = async (journal: Journal): Promise<string[]> => {
  const states: string[] = [];
  for await (const { state } of journal.entries()) states.push(state);
  return states.sort();
};

describe('a batch of this package’s client', () => {
  it('makes every song once, through a storm of 429', async () => {
    const batch = client();
    emulator.script({ method: 'POST', skip: 3, times: 3, type: 'status', status: 429, retryAfter: '0.02' });
    emulator.script({ method: 'GET', skip: 5, times: 2, type: 'status', status: 429 });
    const journal = memoryJournal();
    const { said, end } = await collectBatch(batch$(batch, prompts, { concurrency: 6, journal }));
    expect([said.filter((line) => line.endsWith('completed')).length, end]).toEqual([20, 'complete']);
    expect([emulator.jobs.size, posts().length]).toEqual([20, 23]);
    expect(await statesIn(journal)).toEqual(Array.from({ length: 20 }, () => 'completed'));
  });

  it('stops at a 401 in the middle, finishes what was accepted, and goes on when the key is right again', async () => {
    const batch = client();
    emulator.script({ method: 'POST', skip: 5, type: 'status', status: 401 });
    const journal = memoryJournal();
    const first = await collectBatch(batch$(batch, prompts, { concurrency: 3, journal }));
    expect(first.end).toBe('unauthorized');
    expect(first.said.filter((line) => line.endsWith('completed')).length).toBe(emulator.jobs.size);
    expect(emulator.jobs.size).toBeLessThan(9);
    const second = await collectBatch(batch$(batch, prompts, { concurrency: 6, journal }));
    expect([second.end, emulator.jobs.size]).toEqual(['complete', 20]);
  });

  it('keeps the id of a POST that is in flight when the client is closed', async () => {
    const batch = client(10_000);
    emulator.script({ method: 'POST', skip: 1, type: 'delay', ms: 50, after: 'accept' });
    const journal = memoryJournal();
    const run$ = batch$(batch, prompts, { concurrency: 2, journal }).pipe(
      // The first is accepted, the second on its way.
      tap(() => setTimeout(() => batch.close(), 20)),
    );
    const { said, problems, end } = await collectBatch(run$);
    expect([said.filter((line) => line.endsWith('closed')).length, posts().length, end]).toEqual([2, 2, 'closed']);
    expect(problems.map(({ jobId }) => jobId).sort()).toEqual([...emulator.jobs.keys()].sort());
    expect(await statesIn(journal)).toEqual(['submitted', 'submitted']);
  });

  it('keeps the id of a POST that is in flight when the last subscriber leaves, and follows it in the next pass', async () => {
    const batch = client();
    emulator.script({ method: 'POST', skip: 1, type: 'delay', ms: 40, after: 'accept' });
    const journal = memoryJournal();
    const run$ = batch$(batch, prompts.slice(0, 4), { concurrency: 2, journal });
    await new Promise<void>((resolve) => run$.pipe(take(1)).subscribe({ complete: resolve }));
    expect(posts().length).toBe(2);
    const { said, end } = await collectBatch(run$);
    expect([end, emulator.jobs.size, posts().length]).toEqual(['complete', 4, 4]);
    // What the pass that was left still writes down is not told to those who listen to the next one.
    expect(said.length).toBe(new Set(said).size);
  });

  it('takes back a POST that waits for its turn when a subscriber leaves', async () => {
    const batch = client();
    emulator.script({ method: 'POST', times: 3, type: 'status', status: 429, retryAfter: '30' });
    const journal = memoryJournal();
    const subscription = batch$(batch, prompts, { concurrency: 3, journal }).subscribe();
    await until(() => posts().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    subscription.unsubscribe();
    await until(async () => (await statesIn(journal)).every((state) => state === 'rejected'));
    expect([await statesIn(journal), emulator.jobs.size]).toEqual([['rejected', 'rejected', 'rejected'], 0]);
  });

  describe('behind an engine that pipes its streams', () => {
    /** The POSTs go one by one, and the first takes its time. */
    function piped(registers = true): JobEngine {
      const slow = client(20, { budget: { maxInFlight: 1 } });
      emulator.script({ method: 'POST', type: 'delay', ms: 100, after: 'accept' });
      return {
        generate$: (request) => {
          const states$ = slow.generate$(request);
          const piped$ = states$.pipe(map((state) => state));
          if (registers) registerSubmission(piped$, submissionOf(states$));
          return piped$;
        },
        job$: (ref) => slow.job$(ref),
      };
    }

    it('takes back a POST that waits for its turn when a subscriber leaves, and sends it in the next pass', async () => {
      const journal = memoryJournal();
      const run$ = batch$(piped(), prompts.slice(0, 5), { concurrency: 5, journal });
      const subscription = run$.subscribe();
      await until(() => posts().length > 0);
      subscription.unsubscribe();
      await until(async () => !(await statesIn(journal)).includes('submitting'));
      expect([await statesIn(journal), posts().length]).toEqual([
        ['rejected', 'rejected', 'rejected', 'rejected', 'submitted'],
        1,
      ]);
      expect([(await collectBatch(run$)).end, posts().length]).toEqual(['complete', 5]);
    });

    it('loses none and pays none twice that it could not take back, because nobody registered the stream', async () => {
      const journal = memoryJournal();
      const run$ = batch$(piped(false), prompts.slice(0, 5), { concurrency: 5, journal });
      const subscription = run$.subscribe();
      await until(() => posts().length > 0);
      subscription.unsubscribe();
      expect([(await collectBatch(run$)).end, posts().length]).toEqual(['complete', 5]);
    });

    it.each([true, false])('takes it back when the source throws (journal: %s)', async (remembers) => {
      const engine = piped();
      async function* source(): AsyncGenerator<string> {
        yield* prompts.slice(0, 4);
        await until(() => posts().length > 0);
        throw new Error('row 5 is broken');
      }
      const journal = remembers ? memoryJournal() : undefined;
      const { said, end } = await collectBatch(batch$(engine, source(), { concurrency: 5, journal }));
      expect([said.filter((line) => line.endsWith('source')).length, posts().length, end]).toEqual([3, 1, 'source']);
    });
  });

  it('reports a POST whose answer was lost with what it may have cost, and never repeats it', async () => {
    const batch = client();
    emulator.script({ prompt: 'song 1', method: 'POST', type: 'reset', after: 'accept' });
    const journal = memoryJournal();
    for (let run = 0; run < 2; run++) {
      const { problems, end } = await collectBatch(batch$(batch, prompts.slice(0, 3), { journal }));
      expect([problems.map(({ code }) => code), end]).toEqual([['submit_unknown'], 'complete']);
      expect(problems[0]).toMatchObject({ prompt: 'song 1' });
      expect(problems[0]?.message).toMatch(/"1" \("song 1"\) was sent at \d{4}-.* may have been accepted and charged/);
    }
    expect(posts().length).toBe(3);
    const again = await collectBatch(batch$(batch, prompts.slice(0, 3), { journal, onUnknown: 'resubmit' }));
    expect([again.problems, posts().length]).toEqual([[], 4]);
  });

  it('leaves no trace of the key in what it says', async () => {
    const batch = client();
    emulator.script({ method: 'POST', type: 'status', status: 401 });
    const { problems } = await collectBatch(batch$(batch, ['a']));
    expect(JSON.stringify(problems)).not.toContain('Bearer');
  });
});
