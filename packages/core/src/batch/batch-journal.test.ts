import { concat, delay, ignoreElements, NEVER, of, Subject, tap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, failed, fakeEngine, submitted, tellingEngine } from '../../test/fake-engine.js';
import type { JobState, SubmittedJob } from '../model/job-schema.js';
import { WhisulError } from '../model/whisul-error.js';
import { batch$ } from './batch.js';
import type { Journal, JournalEntry } from './journal.js';
import { memoryJournal } from './memory-journal.js';

const at = Date.UTC(2026, 0, 1);
const entry = (key: string, state: JournalEntry['state'], job?: JobState): JournalEntry => ({
  key,
  prompt: `p${key}`,
  attempt: 1,
  state,
  at,
  ...(job && { job }),
});
async function holding(...entries: JournalEntry[]): Promise<Journal> {
  const journal = memoryJournal();
  for (const each of entries) await journal.put(each);
  return journal;
}
/** Writes down what happens, in order; every `put` takes a while to be durable. */
function logging(log: string[]): Journal {
  const journal = memoryJournal();
  return {
    ...journal,
    put: async (each) => {
      await settled();
      await journal.put(each);
      log.push(`${each.key} durable ${each.state}`);
    },
  };
}
const refuse = (code: 'invalid_request' | 'submit_unknown') => throwError(() => new WhisulError(code, 'no'));

describe('B4: the order with a journal', () => {
  it('is durable before each step', async () => {
    const log: string[] = [];
    const engine = fakeEngine((prompt) => {
      log.push(`${prompt} POST`);
      return of(submitted(prompt), completed(prompt));
    });
    await collectBatch(
      batch$(engine, [{ prompt: 'a', key: 'a' }], { journal: logging(log) }).pipe(
        tap((event) => log.push(event.type === 'state' ? `${event.key} ${event.job.status}` : 'problem')),
      ),
    );
    expect(log).toEqual([
      'a durable submitting',
      'a POST',
      'a durable submitted',
      'a submitted',
      'a durable completed',
      'a completed',
    ]);
  });

  it('records a definite refusal as `rejected`, and leaves what is in doubt as `submitting`', async () => {
    const journal = memoryJournal();
    const engine = fakeEngine((prompt) =>
      prompt === 'c'
        ? throwError(() => new Error('boom'))
        : refuse(prompt === 'a' ? 'invalid_request' : 'submit_unknown'),
    );
    const { said, problems } = await collectBatch(batch$(engine, ['a', 'b', 'c'], { journal }));
    expect(said).toEqual(expect.arrayContaining(['0 invalid_request', '1 submit_unknown', '2 engine']));
    expect(problems.find(({ code }) => code === 'submit_unknown')).toMatchObject({ prompt: 'b' });
    const states = await Promise.all(['0', '1', '2'].map(async (key) => (await journal.get(key))?.state));
    expect(states).toEqual(['rejected', 'submitting', 'submitting']);
  });

  it('records as `rejected` what was left before its POST was begun', async () => {
    const log: string[] = [];
    const journal = logging(log);
    const engine = fakeEngine();
    const leaving: Journal = {
      ...journal,
      put: (each) => {
        subscription.unsubscribe();
        return journal.put(each);
      },
    };
    const subscription = batch$(engine, ['a'], { journal: leaving }).subscribe();
    await settled();
    await settled();
    await settled();
    expect([engine.posts, log]).toEqual([[], ['0 durable submitting', '0 durable rejected']]);
  });
});

describe('B5: running again on the same journal', () => {
  it('finds each item where it was', async () => {
    const journal = await holding(
      entry('0', 'completed', completed('p0')),
      entry('1', 'failed', failed('p1')),
      entry('2', 'submitted', submitted('p2')),
      entry('3', 'rejected'),
      entry('4', 'submitting'),
      { ...entry('5', 'rejected'), prompt: 'another' },
      { ...entry('6', 'completed', completed('x')), prompt: 'another' },
    );
    const engine = fakeEngine();
    const prompts = Array.from({ length: 8 }, (_, index) => `p${index}`);
    const { said, problems, end } = await collectBatch(batch$(engine, prompts, { journal, concurrency: 1 }));
    expect(said).toEqual([
      '0 completed',
      '1 failed',
      '2 submitted',
      '2 completed',
      '3 submitted',
      '3 completed',
      '4 submit_unknown',
      '5 submitted',
      '5 completed',
      '6 journal_conflict',
      '7 submitted',
      '7 completed',
    ]);
    expect([engine.posts, engine.followed, end]).toEqual([['p3', 'p5', 'p7'], ['id-p2'], 'complete']);
    expect(problems[0]?.message).toMatch(
      /"4" \("p4"\) was sent at 2026-01-01T00:00:00.000Z and may have been .*charged/,
    );
    expect(problems[0]).toMatchObject({ prompt: 'p4' });
    expect(await journal.get('5')).toMatchObject({ state: 'completed', prompt: 'p5' });
  });

  it('sends what is in doubt again only on the user’s word', async () => {
    const journal = await holding(entry('0', 'submitting'));
    const engine = fakeEngine();
    const { said } = await collectBatch(batch$(engine, ['p0'], { journal, onUnknown: 'resubmit' }));
    expect([said, engine.posts]).toEqual([['0 submitted', '0 completed'], ['p0']]);
  });

  it('refuses a key that comes twice in the run, also when its item has ended', async () => {
    const engine = fakeEngine();
    const items = [{ prompt: 'a', key: 'k' }, { prompt: 'b', key: '2' }, 'c', { prompt: 'a', key: 'k' }];
    const { said } = await collectBatch(batch$(engine, items, { journal: memoryJournal(), concurrency: 1 }));
    expect(said).toEqual([
      'k submitted',
      'k completed',
      '2 submitted',
      '2 completed',
      '2 journal_conflict',
      'k journal_conflict',
    ]);
    expect(engine.posts).toEqual(['a', 'b']);
  });

  it('refuses a key that is in flight in another batch on the same journal', async () => {
    const journal = memoryJournal();
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), NEVER));
    const first = batch$(engine, ['a'], { journal }).subscribe();
    await settled();
    expect(await collectBatch(batch$(engine, ['a'], { journal }))).toMatchObject({ said: ['0 journal_conflict'] });
    first.unsubscribe();
    expect(engine.posts).toEqual(['a']);
  });
});

describe('B6 and G4: leaving with a journal', () => {
  it('writes down the receipt of a POST in flight, which the next pass waits for', async () => {
    const journal = memoryJournal();
    const receipt$ = new Subject<SubmittedJob>();
    const receipt = new Promise<SubmittedJob>((resolve) => receipt$.subscribe(resolve));
    const engine = tellingEngine(() => receipt);
    batch$(engine, ['a'], { journal }).subscribe().unsubscribe();
    const left = batch$(engine, ['a'], { journal }).subscribe();
    await settled();
    left.unsubscribe();
    const next = collectBatch(batch$(engine, ['a'], { journal }));
    await settled();
    expect(await journal.get('0')).toMatchObject({ state: 'submitting' });
    receipt$.next(submitted('a'));
    expect(await next).toMatchObject({ said: ['0 submitted', '0 completed'], end: 'complete' });
    expect([engine.posts, engine.followed]).toEqual([['a'], ['id-a']]);
  });

  it('records what was withdrawn before it was sent as `rejected`', async () => {
    const journal = memoryJournal();
    const left = batch$(
      tellingEngine(() => undefined),
      ['a'],
      { journal },
    ).subscribe();
    await settled();
    left.unsubscribe();
    await settled();
    expect(await journal.get('0')).toMatchObject({ state: 'rejected' });
  });

  it.each(['answers', 'breaks'])('keeps an engine that tells nothing until it %s', async (what) => {
    const journal = memoryJournal();
    let watching = 0;
    const pause$ = timer(10).pipe(ignoreElements());
    const word$ = what === 'answers' ? of(submitted('a')) : throwError(() => new Error('boom'));
    const engine = fakeEngine(() =>
      concat(pause$, word$, NEVER).pipe(tap({ subscribe: () => (watching += 1), finalize: () => (watching -= 1) })),
    );
    const left = batch$(engine, ['a'], { journal }).subscribe();
    await settled();
    left.unsubscribe();
    expect(watching).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(watching).toBe(0);
    expect(await journal.get('0')).toMatchObject({ state: what === 'answers' ? 'submitted' : 'submitting' });
  });
});

describe('B7: submitting again, and how often', () => {
  const lucky = (from: number) =>
    fakeEngine((prompt, nth) =>
      of<JobState[]>(submitted(prompt, `j${nth}`), (nth < from ? failed : completed)(prompt, `j${nth}`)),
    );

  it('submits a failed job again, and counts the attempts', async () => {
    const attempts: string[] = [];
    const engine = lucky(3);
    const events$ = batch$(engine, ['a'], { retryFailed: 2, journal: memoryJournal() });
    const { said } = await collectBatch(
      events$.pipe(tap((event) => event.type === 'state' && attempts.push(`${event.attempt} ${event.job.job_id}`))),
    );
    expect(said.map((line) => line.slice(2))).toEqual([
      'submitted',
      'failed',
      'submitted',
      'failed',
      'submitted',
      'completed',
    ]);
    expect(attempts).toEqual(['1 j1', '1 j1', '2 j2', '2 j2', '3 j3', '3 j3']);
  });

  it('ends with the failure when there is no attempt left', async () => {
    const engine = lucky(9);
    const { said, end } = await collectBatch(batch$(engine, ['a', 'b'], { retryFailed: 1 }));
    expect([said.filter((line) => line.endsWith('failed')).length, engine.posts.length, end]).toEqual([
      4,
      4,
      'complete',
    ]);
  });

  it('grows no stack however often it fails at once', async () => {
    const engine = lucky(20_001);
    const { end } = await collectBatch(batch$(engine, ['a'], { retryFailed: 20_000 }));
    expect([engine.posts.length, end]).toEqual([20_001, 'complete']);
  });

  it('takes up the attempts of an earlier run: a failure with attempts left is submitted again', async () => {
    const journal = await holding(entry('0', 'failed', failed('p0')), {
      ...entry('1', 'failed', failed('p1')),
      attempt: 2,
    });
    const engine = fakeEngine();
    const { said } = await collectBatch(batch$(engine, ['p0', 'p1'], { journal, retryFailed: 1 }));
    expect(said.sort()).toEqual(['0 completed', '0 failed', '0 submitted', '1 failed']);
    expect(engine.posts).toEqual(['p0']);
    expect(await journal.get('0')).toMatchObject({ attempt: 2, state: 'completed' });
  });

  it.each([1, 4])(
    'completes with exactly `maxSubmits` POSTs, and ends when one more is needed (%s at a time)',
    async (concurrency) => {
      const items = ['a', 'b', 'c'];
      const exact = fakeEngine((prompt) => of(submitted(prompt), completed(prompt)).pipe(delay(1)));
      expect((await collectBatch(batch$(exact, items, { maxSubmits: 3, concurrency }))).end).toBe('complete');
      const { said, end } = await collectBatch(batch$(exact, [...items, 'd', 'e'], { maxSubmits: 3, concurrency }));
      expect(said.filter((line) => line.endsWith('completed')).length).toBe(3);
      expect(said.filter((line) => line.endsWith('submit_limit'))).toEqual(['3 submit_limit']);
      expect([exact.posts.length, end]).toEqual([6, 'submit_limit']);
    },
  );

  it('counts what is in doubt, and not what was refused or what the journal paid for', async () => {
    const outcome = (prompt: string) => {
      if (prompt === 'refused') return concat(timer(5).pipe(ignoreElements()), refuse('invalid_request'));
      return prompt === 'doubt' ? refuse('submit_unknown') : of(submitted(prompt), completed(prompt));
    };
    const journal = await holding({ ...entry('0', 'completed', completed('paid')), prompt: 'paid' });
    const engine = fakeEngine(outcome);
    const items = ['paid', 'refused', 'doubt', 'c', 'd'];
    const { said, end } = await collectBatch(batch$(engine, items, { maxSubmits: 2, journal }));
    expect(said).toEqual(
      expect.arrayContaining(['1 invalid_request', '2 submit_unknown', '3 completed', '4 submit_limit']),
    );
    expect([engine.posts.sort(), end]).toEqual([['c', 'doubt', 'refused'], 'submit_limit']);
  });

  it('ends with `submit_limit` when a retry would need one more, and that item ends with its failure', async () => {
    const { said, end } = await collectBatch(batch$(lucky(9), ['a'], { retryFailed: 3, maxSubmits: 2 }));
    expect(said.map((line) => line.slice(2))).toEqual(['submitted', 'failed', 'submitted', 'failed']);
    expect(end).toBe('submit_limit');
    expect((await collectBatch(batch$(lucky(1), ['a'], { maxSubmits: 0 }))).said).toEqual(['0 submit_limit']);
  });
});
