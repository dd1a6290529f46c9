import { concat, config, filter, firstValueFrom, NEVER, of, Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, fakeEngine, submitted, tellingEngine } from '../../test/fake-engine.js';
import type { SubmittedJob } from '../model/job-schema.js';
import type { GenerateRequest } from '../model/job-source.js';
import { batch$ } from './batch.js';
import type { Journal, JournalEntry } from './journal.js';
import { memoryJournal } from './memory-journal.js';
import { pendingReceipts } from './pending-receipts.js';

/** A journal of a user's own. What it holds can be read after it is closed. */
function ownJournal(isTold: boolean) {
  const kept = new Map<string, JournalEntry>();
  const receipts = pendingReceipts();
  let closed = false;
  const journal: Journal = {
    get: (key) => Promise.resolve(kept.get(key)),
    async put(entry) {
      await settled();
      if (closed) throw new Error('it is closed');
      kept.set(entry.key, entry);
    },
    async *entries() {
      await settled();
      yield* kept.values();
    },
    ...(isTold && { hold: receipts.hold }),
    async close() {
      if (isTold) await receipts.settle();
      closed = true;
    },
  };
  return { journal, kept };
}

/** An engine whose POSTs have left and are answered when the test says so. */
function slowEngine() {
  const answers$ = new Subject<SubmittedJob>();
  const receipts = new Map<string, Promise<SubmittedJob>>();
  const receiptOf = (prompt: string) => {
    const receipt = receipts.get(prompt) ?? firstValueFrom(answers$.pipe(filter((job) => job.prompt === prompt)));
    receipts.set(prompt, receipt);
    return receipt;
  };
  const answer = async (prompt: string): Promise<void> => {
    answers$.next(submitted(prompt));
    await settled();
  };
  return { engine: tellingEngine(receiptOf), answer };
}

/** What is thrown where nobody listens. */
const unhandled: unknown[] = [];
config.onUnhandledError = (error) => unhandled.push(error);
afterEach(() => {
  unhandled.length = 0;
});

async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  void promise.then(() => (over = true));
  await settled();
  await settled();
  return over;
}

describe.each<[string, () => Journal]>([
  ['memoryJournal', memoryJournal],
  ['a wrapped memoryJournal', () => ({ ...memoryJournal() })],
  ['a journal of one’s own', () => ownJournal(true).journal],
])('close() of %s', (_, make) => {
  const states = async (journal: Journal) =>
    Promise.all(['0', '1'].map(async (key) => (await journal.get(key).catch(() => undefined))?.state));

  it('waits for the receipts of a run that was left', async () => {
    const { engine, answer } = slowEngine();
    const written: string[] = [];
    const made = make();
    const journal: Journal = {
      ...made,
      put: async (entry) => {
        await made.put(entry);
        written.push(`${entry.key} ${entry.state}`);
      },
    };
    const run = batch$(engine, ['a', 'b'], { journal }).subscribe();
    await settled();
    await settled();
    run.unsubscribe();
    const closing = journal.close();
    expect(await isOver(closing)).toBe(false);
    await answer('a');
    expect(await isOver(closing)).toBe(false);
    await answer('b');
    await closing;
    expect(written).toEqual(['0 submitting', '1 submitting', '0 submitted', '1 submitted']);
    expect(unhandled).toEqual([]);
  });

  it('waits for the receipts of a run that goes on, and nothing new is sent', async () => {
    const { engine, answer } = slowEngine();
    const journal = make();
    const done = collectBatch(batch$(engine, ['a', 'b', 'c'], { journal, concurrency: 2 }));
    await settled();
    await settled();
    const closing = journal.close();
    await answer('a');
    expect(await isOver(closing)).toBe(false);
    expect(await states(journal)).toEqual(['submitted', 'submitting']);
    await answer('b');
    await closing;
    expect(engine.posts).toEqual(['a', 'b']);
    void done;
  });

  it('lets nothing more be sent: a problem of the item, and the error of the batch', async () => {
    const engine = fakeEngine();
    const journal = make();
    await journal.close();
    const { said, problems, end } = await collectBatch(batch$(engine, ['a'], { journal }));
    expect([said, end, engine.posts]).toEqual([['0 journal'], 'journal', []]);
    expect(problems[0]?.jobId).toBeUndefined();
  });

  it('waits for what is just being written when a run is left', async () => {
    const log: string[] = [];
    const made = make();
    const journal: Journal = {
      ...made,
      put: async (entry) => {
        if (entry.state === 'completed') {
          run.unsubscribe();
          void journal.close().then(() => log.push('closed'));
          for (let turns = 0; turns < 5; turns++) await settled();
        }
        await made.put(entry);
        log.push(entry.state);
      },
    };
    const run = batch$(fakeEngine(), ['a'], { journal }).subscribe();
    while (!log.includes('closed')) await settled();
    expect(log).toEqual(['submitting', 'submitted', 'completed', 'closed']);
    expect(unhandled).toEqual([]);
  });
});

describe('a write after close()', () => {
  it('of a run that was left is reported as an unhandled error with the id, when no other receipt is awaited', async () => {
    const { engine, answer } = slowEngine();
    const { journal } = ownJournal(false);
    const run = batch$(engine, ['a', 'b'], { journal }).subscribe();
    await settled();
    await settled();
    run.unsubscribe();
    await journal.close();
    await answer('a');
    await settled();
    expect(unhandled).toEqual([]);
    await answer('b');
    await settled();
    await settled();
    expect(unhandled).toEqual([expect.objectContaining({ code: 'journal' })]);
    expect(String(unhandled[0])).toMatch(/id-a.*id-b/);
  });

  it('is reported where another engine never says a word', async () => {
    const { engine, answer } = slowEngine();
    const silent = fakeEngine(() => NEVER);
    const { journal } = ownJournal(false);
    const generate$ = (prompt: GenerateRequest) => (prompt === 'a' ? engine : silent).generate$(prompt);
    const run = batch$({ ...engine, generate$ }, ['a', 'b'], { journal }).subscribe();
    await settled();
    await settled();
    run.unsubscribe();
    await journal.close();
    await answer('a');
    await settled();
    await settled();
    expect(unhandled).toEqual([expect.objectContaining({ code: 'journal', jobId: 'id-a' })]);
  });

  it('of a run that somebody listens to is its error, and the problem of the item has the id', async () => {
    const { journal } = ownJournal(false);
    const engine = fakeEngine((prompt) =>
      concat(
        settled().then(() => submitted(prompt)),
        of(completed(prompt)),
      ),
    );
    const done = collectBatch(batch$(engine, ['a'], { journal }));
    while (engine.posts.length === 0) await settled();
    await journal.close();
    const { problems, end } = await done;
    expect(end).toBe('journal');
    expect(problems).toMatchObject([{ code: 'journal', jobId: 'id-a' }]);
    expect(unhandled).toEqual([]);
  });
});
