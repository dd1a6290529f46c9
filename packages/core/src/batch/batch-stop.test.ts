import { concat, firstValueFrom, lastValueFrom, map, NEVER, of, Subject, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, failed, fakeEngine, submitted, tellingEngine } from '../../test/fake-engine.js';
import type { SubmittedJob } from '../model/job-schema.js';
import type { GenerateRequest, JobEngine } from '../model/job-source.js';
import { registerSubmission } from '../model/submission.js';
import { WhisulError } from '../model/whisul-error.js';
import { batch$ } from './batch.js';
import type { Journal, JournalEntry } from './journal.js';
import { memoryJournal } from './memory-journal.js';

const unauthorized = new WhisulError('unauthorized', 'no');
const durable$ = new Subject<void>();

/** A journal that writes down that the first item was refused only when it is let. */
function slow(): Journal {
  const journal = memoryJournal();
  return {
    ...journal,
    put: async (entry) => {
      if (entry.key === '0' && entry.state === 'rejected') await firstValueFrom(durable$);
      await journal.put(entry);
    },
  };
}

/** Refuses the prompt `a` when it is told to; what becomes of the others is up to another engine. */
function refusing(others: JobEngine) {
  const refuse$ = new Subject<never>();
  const first = fakeEngine(() => refuse$);
  const generate$ = (prompt: GenerateRequest) => (prompt === 'a' ? first : others).generate$(prompt);
  const refuse = async (): Promise<void> => {
    await settled();
    refuse$.error(unauthorized);
    await settled();
  };
  return { engine: { ...others, generate$ }, refuse };
}

describe('B3: a fatal problem', () => {
  it('counts at once, also for an engine that refuses at once', async () => {
    const engine = fakeEngine(() => throwError(() => unauthorized));
    const items = Array.from({ length: 1000 }, (_, index) => `p${index}`);
    const { said, end } = await collectBatch(batch$(engine, items, { concurrency: Infinity }));
    expect([said, engine.posts, end]).toEqual([['0 unauthorized'], ['p0'], 'unauthorized']);
  });

  it('stops what is behind it at once, also when its own item still writes down what came before', async () => {
    const journal = memoryJournal();
    const written$ = new Subject<void>();
    const put = async (entry: JournalEntry): Promise<void> => {
      if (entry.key === '0' && entry.state === 'submitted') await firstValueFrom(written$);
      await journal.put(entry);
    };
    const others = fakeEngine((prompt) => of(completed(prompt)));
    const paid$ = concat(
      of(submitted('a')),
      throwError(() => unauthorized),
    );
    const generate$ = (prompt: GenerateRequest) => (prompt === 'a' ? paid$ : others.generate$(prompt));
    const items = ['a', 'b', 'c', 'd', 'e', 'f'];
    const done = collectBatch(
      batch$({ ...others, generate$ }, items, { concurrency: 2, journal: { ...journal, put } }),
    );
    await settled();
    expect(others.posts).toEqual([]);
    written$.next();
    expect(await done).toMatchObject({
      said: ['0 submitted', '0 unauthorized', '1 unauthorized'],
      end: 'unauthorized',
    });
  });

  it('is not replaced by what the source says to being closed', async () => {
    let fail: ((error: unknown) => void) | undefined;
    let asked = 0;
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          (asked += 1) === 1
            ? Promise.resolve({ done: false, value: 'a' })
            : new Promise<IteratorResult<string>>((_, reject) => (fail = reject)),
        return: () => {
          fail?.(new Error('closed while it was asked'));
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
    const { engine, refuse } = refusing(fakeEngine());
    const done = collectBatch(batch$(engine, source, { journal: slow() }));
    await refuse();
    durable$.next();
    expect(await done).toMatchObject({ said: ['0 unauthorized'], end: 'unauthorized' });
  });

  it('leaves no rejection unhandled when the batch is left before the answer to another POST', async () => {
    const seen: unknown[] = [];
    const onRejection = (error: unknown) => seen.push(error);
    process.on('unhandledRejection', onRejection);
    const inDoubt$ = new Subject<never>();
    // As the client does: a new promise for each caller.
    registerSubmission(inDoubt$, {
      sent: true,
      get receipt() {
        return lastValueFrom(inDoubt$);
      },
    });
    const { engine, refuse } = refusing({ ...fakeEngine(), generate$: () => inDoubt$ });
    const run = batch$(engine, ['a', 'b'], { journal: memoryJournal() }).subscribe({
      next: ({ type }) => {
        if (type === 'problem') run.unsubscribe();
      },
    });
    await refuse();
    inDoubt$.error(new WhisulError('submit_unknown', 'lost'));
    await settled();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', onRejection);
    expect(seen).toEqual([]);
  });

  it.each([
    ['a prompt', 'c'],
    ['nothing that could be sent', ''],
  ])('is what is told of %s that is pulled after it', async (_, late) => {
    const [pull$, finish$] = [new Subject<string>(), new Subject<void>()];
    async function* source(): AsyncGenerator<string> {
      yield* ['a', 'b'];
      yield await firstValueFrom(pull$);
    }
    const { engine, refuse } = refusing(fakeEngine((prompt) => finish$.pipe(map(() => completed(prompt)))));
    const done = collectBatch(batch$(engine, source()));
    await refuse();
    pull$.next(late);
    await settled();
    finish$.next();
    expect(await done).toMatchObject({
      said: ['0 unauthorized', '2 unauthorized', '1 completed'],
      end: 'unauthorized',
    });
  });

  describe('counts before it is written down, and is told before what follows from it', () => {
    it('so that nothing more is pulled or sent', async () => {
      const finish$ = new Subject<void>();
      const others = fakeEngine((prompt) => finish$.pipe(map(() => completed(prompt))));
      const { engine, refuse } = refusing(others);
      const done = collectBatch(batch$(engine, ['a', 'b', 'c', 'd', 'e'], { concurrency: 3, journal: slow() }));
      await refuse();
      finish$.next();
      await settled();
      expect(others.posts).toEqual(['b', 'c']);
      durable$.next();
      expect(await done).toMatchObject({ said: ['1 completed', '2 completed', '0 unauthorized'], end: 'unauthorized' });
    });

    it('so that what the engine has not sent yet is taken back', async () => {
      let waiting = 0;
      const states$ = () => NEVER.pipe(tap({ subscribe: () => (waiting += 1), unsubscribe: () => (waiting -= 1) }));
      const telling = tellingEngine(() => undefined, { sent: false, states$ });
      const { engine, refuse } = refusing(telling);
      const done = collectBatch(batch$(engine, ['a', 'b'], { journal: slow() }));
      await settled();
      expect(waiting).toBe(1);
      await refuse();
      expect(waiting).toBe(0);
      durable$.next();
      expect(await done).toMatchObject({ said: ['0 unauthorized', '1 unauthorized'], end: 'unauthorized' });
    });

    it('and what goes out all the same, since somebody else waits for that stream, keeps its id', async () => {
      const receipts = new Map<string, Promise<SubmittedJob>>();
      const telling = tellingEngine((prompt) => receipts.get(prompt), { sent: false, states$: () => NEVER });
      const { engine, refuse } = refusing(telling);
      const done = collectBatch(batch$(engine, ['a', 'b'], { journal: slow() }));
      await refuse();
      receipts.set('b', Promise.resolve(submitted('b')));
      durable$.next();
      const { said, problems } = await done;
      expect(said).toEqual(['0 unauthorized', '1 unauthorized']);
      expect(problems[1]).toMatchObject({ jobId: 'id-b' });
    });

    it('so that what was pulled is not sent', async () => {
      const pull$ = new Subject<string>();
      const ready$ = new Subject<void>();
      const journal = slow();
      const others = fakeEngine();
      const { engine, refuse } = refusing(others);
      async function* source(): AsyncGenerator<string> {
        yield* ['a', 'b'];
        yield await firstValueFrom(pull$);
      }
      const put = async (entry: JournalEntry): Promise<void> => {
        if (entry.key === '1' && entry.state === 'submitting') await firstValueFrom(ready$);
        await journal.put(entry);
      };
      const done = collectBatch(batch$(engine, source(), { journal: { ...journal, put } }));
      await refuse();
      ready$.next();
      pull$.next('c');
      await settled();
      durable$.next();
      const { said, problems, end } = await done;
      expect([said[0], said.sort(), end]).toEqual([
        '0 unauthorized',
        ['0 unauthorized', '1 unauthorized', '2 unauthorized'],
        'unauthorized',
      ]);
      expect(problems.map(({ message }) => message.startsWith('Not sent, the batch stopped'))).toEqual([
        false,
        true,
        true,
      ]);
      expect([others.posts, (await journal.get('1'))?.state]).toEqual([[], 'rejected']);
    });

    it('and leaving in between leaves nothing behind', async () => {
      const others = fakeEngine();
      const { engine, refuse } = refusing(others);
      const journal = slow();
      const left = batch$(engine, ['a', 'b'], { concurrency: 1, journal }).subscribe();
      await refuse();
      left.unsubscribe();
      durable$.next();
      await settled();
      expect([others.posts, (await journal.get('0'))?.state]).toEqual([[], 'rejected']);
      expect((await collectBatch(batch$(others, ['a', 'b'], { journal }))).end).toBe('complete');
    });
  });
});

describe('what else must not be lost', () => {
  it.each([
    ['an error without words', () => throwError(() => Object.assign(new Error('x'), { message: 7 }))],
    ['nothing at all', () => throwError(() => undefined)],
  ])('an item whose engine fails with %s ends', async (_, fails) => {
    const { said, end } = await collectBatch(batch$(fakeEngine(fails), ['a']));
    expect([said, end]).toEqual([['0 engine'], 'complete']);
  });

  it.each([
    [{ job_id: 'j1', status: 'completed' }, 'j1', 'submitted'],
    [{ ok: 1 }, undefined, 'submitting'],
    ['x', undefined, 'submitting'],
  ])('the receipt %j of a foreign engine ends its own item only, and keeps the id', async (told, jobId, state) => {
    const journal = memoryJournal();
    const failed$ = throwError(() => new WhisulError('network', 'lost'));
    const receipt: Promise<SubmittedJob> = Promise.resolve(JSON.parse(JSON.stringify(told)));
    registerSubmission(failed$, { sent: true, receipt });
    const others = fakeEngine();
    const generate$ = (prompt: GenerateRequest) => (prompt === 'a' ? failed$ : others.generate$(prompt));
    const { said, problems, end } = await collectBatch(batch$({ ...others, generate$ }, ['a', 'b'], { journal }));
    expect([said.at(-1), problems.length, end]).toEqual(['1 completed', 1, 'complete']);
    expect(problems[0]?.jobId).toBe(jobId);
    expect((await journal.get('0'))?.state).toBe(state);
  });

  it('the id of a second attempt whose entry cannot be written', async () => {
    const memory = memoryJournal();
    const put = (entry: JournalEntry): Promise<void> =>
      entry.attempt === 2 && entry.state === 'submitted' ? Promise.reject(new Error('disk full')) : memory.put(entry);
    let posts = 0;
    const engine = fakeEngine((prompt) => {
      posts += 1;
      return of(submitted(prompt, `j${posts}`), posts === 1 ? failed(prompt, 'j1') : completed(prompt, 'j2'));
    });
    const { problems, end } = await collectBatch(
      batch$(engine, ['a'], { journal: { ...memory, put }, retryFailed: 1 }),
    );
    expect([problems.map(({ code, jobId }) => [code, jobId]), end]).toEqual([[['journal', 'j2']], 'journal']);
  });
});
