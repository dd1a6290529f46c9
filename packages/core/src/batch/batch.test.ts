import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { concat, delay, ignoreElements, map, NEVER, of, Subject, take, tap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, failed, fakeEngine, running, submitted } from '../../test/fake-engine.js';
import type { JobState } from '../model/job-schema.js';
import type { JobEngine } from '../model/job-source.js';
import { WhisulError } from '../model/whisul-error.js';
import { batch$ } from './batch.js';
import { memoryJournal } from './memory-journal.js';
import type { BatchInput } from './open-source.js';

function source(length: number) {
  const seen = { pulled: 0, closed: false };
  function* sync(): Generator<string> {
    try {
      while (seen.pulled < length) yield `p${seen.pulled++}`;
    } finally {
      seen.closed = true;
    }
  }
  async function* async(): AsyncGenerator<string> {
    for (const prompt of sync()) yield await Promise.resolve(prompt);
  }
  return { seen, sync, async };
}

/** Answers at once and remembers nothing. */
const quietEngine: JobEngine = {
  generate$: () => of(submitted('p'), completed('p')),
  job$: () => of(completed('p')),
};

setFlagsFromString('--expose-gc');
function collectedHeap(): number {
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}

describe('B1: pulls lazily', () => {
  it.each(['sync', 'async'] as const)('never holds more than `concurrency` unfinished items (%s)', async (kind) => {
    const items = source(200);
    let finished = 0;
    let most = 0;
    const engine = fakeEngine((prompt) => {
      most = Math.max(most, items.seen.pulled - finished);
      const end$ = timer(Number(prompt.slice(1)) % 3).pipe(
        map(() => completed(prompt)),
        tap(() => (finished += 1)),
      );
      return concat(of(submitted(prompt)), end$);
    });
    const { said, end } = await collectBatch(batch$(engine, items[kind](), { concurrency: 5 }));
    expect([said.length, end, most, items.seen.closed]).toEqual([400, 'complete', 5, true]);
  });

  it.each(['sync', 'async'] as const)('closes the source when the last subscriber leaves (%s)', async (kind) => {
    const items = source(1_000);
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), NEVER));
    const subscription = batch$(engine, items[kind](), { concurrency: 3 }).subscribe();
    await settled();
    expect(items.seen).toEqual({ pulled: 3, closed: false });
    subscription.unsubscribe();
    await settled();
    expect(items.seen).toEqual({ pulled: 3, closed: true });
  });

  it('stops an endless source at once when a subscriber has enough', () => {
    const items = source(Infinity);
    const keys: string[] = [];
    batch$(fakeEngine(), items.sync())
      .pipe(take(7))
      .subscribe(({ key }) => keys.push(key));
    expect(keys).toEqual(['0', '0', '1', '1', '2', '2', '3']);
    expect(items.seen).toEqual({ pulled: 4, closed: true });
  });

  it('is not held up by an async generator that never comes out of its await', async () => {
    async function* stuck(): AsyncGenerator<string> {
      yield 'a';
      await new Promise(() => undefined);
    }
    const unauthorized = throwError(() => new WhisulError('unauthorized', 'no'));
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), timer(5).pipe(ignoreElements()), unauthorized));
    expect(await collectBatch(batch$(engine, stuck(), { concurrency: 2 }))).toMatchObject({
      said: ['0 submitted', '0 unauthorized'],
      end: 'unauthorized',
    });
  });

  it.each([10, 100, 1_000, 10_000, 100_000])(
    'takes %s items in flat memory, without growing the stack',
    async (count) => {
      const items = source(count);
      let events = 0;
      let heapAtFirst = 0;
      let heapAtLast = 0;
      const next = (): void => {
        events += 1;
        if (events === 10) heapAtFirst = collectedHeap();
        if (events === 2 * count - 1) heapAtLast = collectedHeap();
      };
      await new Promise<void>((resolve) => {
        batch$(quietEngine, items.sync(), { concurrency: 16 }).subscribe({ next, complete: resolve });
      });
      expect([events, items.seen]).toEqual([2 * count, { pulled: count, closed: true }]);
      expect(heapAtLast - heapAtFirst).toBeLessThan(1_000_000);
    },
  );

  it.each<[string, () => BatchInput, number]>([
    ['an array', () => ['a', { prompt: 'b' }], 2],
    ['a set', () => new Set(['a', 'b', 'c']), 3],
    ['an array-like', () => ({ length: 2, 0: 'a', 1: 'b' }), 2],
    ['a promise of one', () => Promise.resolve('a'), 1],
    ['a stream', () => Readable.from(['a', 'b']), 2],
    ['an Observable that is done at once', () => of('a', 'b', 'c'), 3],
    ['an Observable that takes its time', () => timer(0, 1).pipe(take(5), map(String)), 5],
    ['nothing', () => [], 0],
  ])('reads %s', async (_name, input, count) => {
    const { said, end } = await collectBatch(batch$(fakeEngine(), input(), { concurrency: 2 }));
    expect([said.length, end]).toEqual([count * 2, 'complete']);
  });

  it('buffers an Observable, whose error comes after its items', async () => {
    const requests$ = concat(
      of('a', 'b', 'c'),
      throwError(() => new Error('disk gone')),
    );
    const engine = fakeEngine((prompt) => of(submitted(prompt), completed(prompt)).pipe(delay(1)));
    const { said, end } = await collectBatch(batch$(engine, requests$, { concurrency: 1 }));
    expect([said.length, end]).toEqual([6, 'source']);
    const subject = new Subject<string>();
    batch$(engine, subject).subscribe().unsubscribe();
    expect(subject.observed).toBe(false);
  });
});

describe('B2: the order and the end of an item', () => {
  it('keeps the order of states, ends every item once, and ignores what an engine says afterwards', async () => {
    const engine = fakeEngine((prompt) =>
      of<JobState[]>(submitted(prompt), running(prompt), failed(prompt), running(prompt), completed(prompt)),
    );
    const { said, end } = await collectBatch(batch$(engine, ['a', 'b']));
    expect(said).toEqual(['0', '1'].flatMap((key) => [`${key} submitted`, `${key} running`, `${key} failed`]));
    expect(end).toBe('complete');
  });

  it('frees a job stream that never completes when the job has ended', async () => {
    let left = 0;
    const engine = fakeEngine((prompt) =>
      concat(of(submitted(prompt), completed(prompt)), NEVER).pipe(tap({ unsubscribe: () => (left += 1) })),
    );
    const { end } = await collectBatch(batch$(engine, ['a', 'b', 'c'], { concurrency: 1 }));
    expect([end, left]).toEqual(['complete', 3]);
  });

  it('gives a slow consumer everything, in order', async () => {
    const engine = fakeEngine((prompt) => of(submitted(prompt), completed(prompt)).pipe(delay(1)));
    const prompts = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const slow$ = batch$(engine, prompts, { concurrency: 10 }).pipe(delay(20));
    const { said, end } = await collectBatch(slow$);
    expect([said.filter((line) => line.endsWith('completed')).length, said.length, end]).toEqual([
      100,
      200,
      'complete',
    ]);
  });
});

describe('B6: one call is one run', () => {
  it('is shared by its subscribers, and begins with the first', async () => {
    const engine = fakeEngine((prompt) => of(submitted(prompt), completed(prompt)).pipe(delay(1)));
    const events$ = batch$(engine, ['a', 'b']);
    await settled();
    expect(engine.posts).toEqual([]);
    const [first, second] = await Promise.all([collectBatch(events$), collectBatch(events$)]);
    expect(second).toEqual(first);
    expect(engine.posts).toEqual(['a', 'b']);
  });

  it('goes on when one of two leaves, and stops polling when the last has left', () => {
    let watching = 0;
    const engine = fakeEngine((prompt) =>
      concat(of(submitted(prompt)), NEVER).pipe(
        tap({ subscribe: () => (watching += 1), unsubscribe: () => (watching -= 1) }),
      ),
    );
    const events$ = batch$(engine, ['a', 'b', 'c'], { concurrency: 2 });
    const both = [events$.subscribe(), events$.subscribe()];
    both[0]?.unsubscribe();
    expect(watching).toBe(2);
    both[1]?.unsubscribe();
    expect(watching).toBe(0);
    expect(engine.posts).toEqual(['a', 'b']);
  });

  it('cannot be run again without a journal: not after the end, not after it was left', async () => {
    const engine = fakeEngine();
    const ended$ = batch$(engine, ['a']);
    await collectBatch(ended$);
    expect(await collectBatch(ended$)).toMatchObject({ said: [], end: 'closed' });
    const left$ = batch$(engine, ['b']);
    left$.pipe(take(1)).subscribe();
    expect(await collectBatch(left$)).toMatchObject({ said: [], end: 'closed' });
    expect(engine.posts).toEqual(['a', 'b']);
  });

  it('is a new pass over the source through the journal, with one', async () => {
    const engine = fakeEngine();
    const again$ = batch$(engine, ['a', 'b'], { journal: memoryJournal() });
    await collectBatch(again$);
    expect(await collectBatch(again$)).toMatchObject({ said: ['0 completed', '1 completed'], end: 'complete' });
    expect(engine.posts).toEqual(['a', 'b']);
  });
});
