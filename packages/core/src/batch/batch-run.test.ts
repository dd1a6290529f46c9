import { concat, delay, map, NEVER, of, retry, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, fakeEngine, submitted } from '../../test/fake-engine.js';
import { WhisulError } from '../model/whisul-error.js';
import { batch$ } from './batch.js';
import { memoryJournal } from './memory-journal.js';
import type { BatchInput } from './open-source.js';

const unauthorized$ = throwError(() => new WhisulError('unauthorized', 'no'));

describe('a run ends once', () => {
  it('and its source, which closes a moment later, does not end the run that was begun in its place', async () => {
    const engine = fakeEngine((prompt, nth) =>
      nth === 1 ? unauthorized$ : of(submitted(prompt), completed(prompt)).pipe(delay(1)),
    );
    const run$ = batch$(engine, ['a', 'b', 'c'], { concurrency: 1, journal: memoryJournal() });
    const { said, end } = await collectBatch(run$.pipe(retry(1)));
    expect(said).toEqual([
      '0 unauthorized',
      ...['0', '1', '2'].flatMap((key) => [`${key} submitted`, `${key} completed`]),
    ]);
    expect([end, engine.posts]).toEqual(['complete', ['a', 'a', 'b', 'c']]);
  });

  it('and what its source still says afterwards reaches nobody', async () => {
    const late$ = new Subject<void>();
    let pass = 0;
    const source: AsyncIterable<string> = {
      async *[Symbol.asyncIterator]() {
        const late = pass++ === 0 ? new Promise((resolve) => late$.subscribe(resolve)) : undefined;
        yield 'a';
        await late;
        yield 'b';
      },
    };
    const gate$ = new Subject<void>();
    const engine = fakeEngine((prompt, nth) =>
      nth === 1 ? unauthorized$ : concat(of(submitted(prompt)), gate$.pipe(map(() => completed(prompt)))),
    );
    const run$ = batch$(engine, source, { concurrency: 2, journal: memoryJournal() });
    expect((await collectBatch(run$)).end).toBe('unauthorized');
    const second = collectBatch(run$);
    await settled();
    late$.next();
    await settled();
    gate$.next();
    expect(await second).toMatchObject({
      said: ['0 submitted', '1 submitted', '0 completed', '1 completed'],
      end: 'complete',
    });
  });
});

describe('closing the source', () => {
  it('closes a generator that makes its reader leave, once its step is done', () => {
    let closed = 0;
    function* leaving(): Generator<string> {
      try {
        yield 'a';
        subscription.unsubscribe();
        yield 'b';
      } finally {
        closed += 1;
      }
    }
    const gate$ = new Subject<void>();
    const engine = fakeEngine((prompt) => gate$.pipe(map(() => completed(prompt))));
    const subscription = batch$(engine, leaving(), { concurrency: 1 }).subscribe();
    gate$.next();
    expect([closed, engine.posts]).toEqual([1, ['a']]);
  });

  it('does not wait for one whose clean-up never ends', async () => {
    const endless = (result: Promise<IteratorResult<string>>): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 'a' }),
        return: () => result,
      }),
    });
    for (const result of [new Promise<never>(() => undefined), Promise.reject(new Error('clean-up'))]) {
      const { end } = await collectBatch(
        batch$(
          fakeEngine(() => unauthorized$),
          endless(result),
          { concurrency: 1 },
        ),
      );
      expect(end).toBe('unauthorized');
    }
  });
});

describe('an iterator whose step is no object', () => {
  const steps: unknown[] = [undefined, null, 5, 'a', true];
  it.each(steps)('ends the run, as it ends a loop: %s', async (step) => {
    for (const method of [Symbol.iterator, Symbol.asyncIterator]) {
      let asked = 0;
      const next = () => (asked++ === 0 ? { value: 'a' } : asked < 10 ? step : { done: true });
      const source = { [method]: () => ({ next }) };
      // @ts-expect-error -- what a caller in JavaScript may hand in
      expect(await collectBatch(batch$(fakeEngine(), source))).toMatchObject({
        said: ['0 submitted', '0 completed'],
        end: 'source',
      });
    }
  });
});

describe('a web stream', () => {
  const web = (count: number) => {
    const seen = { pulled: 0, cancelled: false };
    const stream = new ReadableStream<string>(
      {
        pull(controller) {
          if (seen.pulled === count) controller.close();
          else controller.enqueue(`p${seen.pulled++}`);
        },
        cancel() {
          seen.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    // Safari's cannot be iterated over.
    const plain: BatchInput = {
      getReader() {
        const reader = stream.getReader();
        const like = {
          read: () => reader.read().then(({ done, value }) => (done ? { done } : { done, value })),
          cancel: () => reader.cancel(),
          releaseLock: () => undefined,
        };
        return like;
      },
    };
    return { seen, plain };
  };

  it('is pulled as items end, also where it cannot be iterated over, and cancelled when the batch is left', async () => {
    const { seen, plain } = web(Infinity);
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), NEVER));
    const subscription = batch$(engine, plain, { concurrency: 3 }).subscribe();
    await settled();
    expect(seen).toEqual({ pulled: 3, cancelled: false });
    subscription.unsubscribe();
    await settled();
    expect(seen).toEqual({ pulled: 3, cancelled: true });
  });

  it('is read to its end', async () => {
    const { said, end } = await collectBatch(batch$(fakeEngine(), web(5).plain, { concurrency: 2 }));
    expect([said.length, end]).toEqual([10, 'complete']);
  });
});
