import { concat, map, NEVER, of, Subject, tap, throwError } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, fakeEngine, submitted, tellingEngine } from '../../test/fake-engine.js';
import type { SubmittedJob } from '../model/job-schema.js';
import { WhisulError } from '../model/whisul-error.js';
import type { BatchOptions } from './batch-options.js';
import { batch$ } from './batch.js';
import type { Journal } from './journal.js';
import { memoryJournal } from './memory-journal.js';

const journals: [string, () => Journal | undefined][] = [
  ['with a journal', memoryJournal],
  ['without a journal', () => undefined],
];

describe.each(journals)('B8: the signal of a batch %s', (_, makeJournal) => {
  it('that has aborted: nothing is pulled and nothing sent', async () => {
    const engine = fakeEngine();
    const pulled = vi.fn();
    function* source() {
      pulled();
      yield 'a';
    }
    const options = { journal: makeJournal(), signal: AbortSignal.abort() };
    const { said, end } = await collectBatch(batch$(engine, source(), options));
    expect([said, end, engine.posts, pulled.mock.calls.length]).toEqual([[], 'aborted', [], 0]);
  });

  it('waits for the answer to a POST in flight, and emits it, before the stream errors', async () => {
    const journal = makeJournal();
    const answer$ = new Subject<SubmittedJob>();
    const receipts = new Map<string, Promise<SubmittedJob>>();
    const engine = tellingEngine((prompt) => receipts.get(prompt), { states$: () => concat(answer$, NEVER) });
    receipts.set('a', new Promise((resolve) => answer$.subscribe(resolve)));
    const stop = new AbortController();
    const heard = vi.fn();
    const done = collectBatch(
      batch$(engine, ['a', 'b'], { journal, concurrency: 1, signal: stop.signal }).pipe(tap({ error: heard })),
    );
    await settled();
    stop.abort();
    await settled();
    expect(heard).not.toHaveBeenCalled();
    answer$.next(submitted('a'));
    expect(await done).toMatchObject({ said: ['0 submitted'], end: 'aborted' });
    expect(engine.posts).toEqual(['a']);
    if (journal) expect(await journal.get('0')).toMatchObject({ state: 'submitted', job: { job_id: 'id-a' } });
  });

  it('does not watch what is running to its end, and closes the source', async () => {
    const journal = makeJournal();
    let watching = 0;
    let closed = false;
    function* source() {
      try {
        yield* ['a', 'b', 'c'];
      } finally {
        closed = true;
      }
    }
    const engine = fakeEngine((prompt) =>
      concat(of(submitted(prompt)), NEVER).pipe(
        tap({ subscribe: () => (watching += 1), unsubscribe: () => (watching -= 1) }),
      ),
    );
    const stop = new AbortController();
    const done = collectBatch(batch$(engine, source(), { journal, concurrency: 2, signal: stop.signal }));
    await settled();
    expect(watching).toBe(2);
    stop.abort();
    expect(await done).toMatchObject({ said: ['0 submitted', '1 submitted'], end: 'aborted' });
    expect([watching, closed, engine.posts]).toEqual([0, true, ['a', 'b']]);
    if (!journal) return;
    expect((await journal.get('1'))?.state).toBe('submitted');
    expect((await collectBatch(batch$(engine, ['a', 'b'], { journal }))).end).toBe('complete');
    expect(engine.posts).toEqual(['a', 'b']);
  });

  it('takes back what the engine has not sent: a problem `aborted` that says so', async () => {
    const journal = makeJournal();
    const engine = tellingEngine(() => undefined, { sent: false });
    const stop = new AbortController();
    const done = collectBatch(batch$(engine, ['a', 'b'], { journal, signal: stop.signal }));
    await settled();
    stop.abort();
    const { said, problems, end } = await done;
    expect([said, end]).toEqual([['0 aborted', '1 aborted'], 'aborted']);
    expect(problems[0]).toMatchObject({ prompt: 'a', message: expect.stringMatching(/^Not sent/) });
    if (journal) expect((await journal.get('0'))?.state).toBe('rejected');
  });

  it('may be aborted by a listener of an event', async () => {
    const stop = new AbortController();
    const engine = fakeEngine((prompt) => of(submitted(prompt), completed(prompt)));
    const { said, end } = await collectBatch(
      batch$(engine, ['a', 'b', 'c'], { journal: makeJournal(), concurrency: 1, signal: stop.signal }).pipe(
        tap(({ key }) => {
          if (key === '1') stop.abort();
        }),
      ),
    );
    expect([said, end, engine.posts]).toEqual([['0 submitted', '0 completed', '1 submitted'], 'aborted', ['a', 'b']]);
  });

  it('waits for the first word of an engine that does not tell whether its POST has left', async () => {
    const answer$ = new Subject<SubmittedJob>();
    const stop = new AbortController();
    const done = collectBatch(
      batch$(
        fakeEngine(() => answer$),
        ['a'],
        { journal: makeJournal(), signal: stop.signal },
      ),
    );
    await settled();
    stop.abort();
    await settled();
    answer$.next(submitted('a'));
    expect(await done).toMatchObject({ said: ['0 submitted'], end: 'aborted' });
  });

  it('ends the waiting that follows a fatal problem, with the code of that problem', async () => {
    const refuse$ = new Subject<never>();
    const engine = fakeEngine((prompt) => (prompt === 'a' ? refuse$ : concat(of(submitted(prompt)), NEVER)));
    const stop = new AbortController();
    const done = collectBatch(batch$(engine, ['a', 'b'], { journal: makeJournal(), signal: stop.signal }));
    await settled();
    refuse$.error(new WhisulError('unauthorized', 'no'));
    await settled();
    stop.abort();
    expect(await done).toMatchObject({ said: ['1 submitted', '0 unauthorized'], end: 'unauthorized' });
  });

  it('tells of a POST that ends in doubt, and of one that is refused, after the abort', async () => {
    const answers = { a: new Subject<never>(), b: new Subject<never>() };
    const engine = fakeEngine((prompt) => (prompt === 'a' ? answers.a : answers.b));
    const stop = new AbortController();
    const done = collectBatch(batch$(engine, ['a', 'b'], { journal: makeJournal(), signal: stop.signal }));
    await settled();
    stop.abort();
    answers.a.error(new WhisulError('submit_unknown', 'lost'));
    answers.b.error(new WhisulError('invalid_request', 'no', { prompt: 'b', status: 400 }));
    const { said, end } = await done;
    expect([said.sort(), end]).toEqual([['0 submit_unknown', '1 invalid_request'], 'aborted']);
  });

  it('is heard after the stream has ended or was left by nobody', async () => {
    const stop = new AbortController();
    const remove = vi.spyOn(stop.signal, 'removeEventListener');
    const options: BatchOptions = { journal: makeJournal(), signal: stop.signal };
    await collectBatch(batch$(fakeEngine(), ['a'], options));
    expect(remove).toHaveBeenCalledTimes(1);
    batch$(
      fakeEngine(() => NEVER),
      ['b'],
      { ...options, journal: makeJournal() },
    )
      .subscribe()
      .unsubscribe();
    expect(remove).toHaveBeenCalledTimes(2);
  });
});

it('ends an item once whose last state is being written at the abort, and waits for the answers to the others', async () => {
  const kept = memoryJournal();
  let write = (): void => undefined;
  const slow = new Promise<void>((resolve) => (write = resolve));
  const journal: Journal = {
    ...kept,
    put: async (entry) => {
      if (entry.state === 'completed') await slow;
      await kept.put(entry);
    },
  };
  const answer$ = new Subject<SubmittedJob>();
  const engine = fakeEngine((prompt) => (prompt === 'a' ? of(submitted('a'), completed('a')) : concat(answer$, NEVER)));
  const stop = new AbortController();
  const heard = vi.fn();
  const done = collectBatch(
    batch$(engine, ['a', 'b'], { journal, concurrency: 2, signal: stop.signal }).pipe(tap({ error: heard })),
  );
  await settled();
  stop.abort();
  write();
  await settled();
  expect(heard).not.toHaveBeenCalled();
  answer$.next(submitted('b'));
  expect(await done).toMatchObject({ said: ['0 submitted', '0 completed', '1 submitted'], end: 'aborted' });
  expect(await kept.get('1')).toMatchObject({ state: 'submitted', job: { job_id: 'id-b' } });
});

it('tells the id of a job that an earlier run paid for, and that it is not followed any more', async () => {
  const journal = memoryJournal();
  await collectBatch(batch$(fakeEngine(), ['a'], { journal }));
  const stop = new AbortController();
  const slow: Journal = {
    ...journal,
    get: async (key) => {
      stop.abort();
      await settled();
      return journal.get(key);
    },
  };
  const { problems, end } = await collectBatch(batch$(fakeEngine(), ['a'], { journal: slow, signal: stop.signal }));
  expect(end).toBe('aborted');
  expect(problems).toMatchObject([
    { code: 'aborted', jobId: 'id-a', message: expect.stringMatching(/id-a has ended/) },
  ]);
  expect((await journal.get('0'))?.state).toBe('completed');
});

it('one listener a signal, however many batches share it', async () => {
  const stop = new AbortController();
  const add = vi.spyOn(stop.signal, 'addEventListener');
  const engine = fakeEngine((prompt) => NEVER.pipe(map(() => submitted(prompt))));
  const engines = Array.from({ length: 20 }, () => tellingEngine(() => undefined, { sent: false }));
  const done = engines.map((each) => collectBatch(batch$(each, ['a'], { signal: stop.signal })));
  const left = batch$(engine, ['a'], { signal: stop.signal }).subscribe();
  left.unsubscribe();
  expect(add).toHaveBeenCalledTimes(1);
  stop.abort();
  expect((await Promise.all(done)).map(({ end }) => end)).toEqual(engines.map(() => 'aborted'));
});

it('what is no signal is an `invalid_request` that names it', async () => {
  // @ts-expect-error -- what a caller in JavaScript may hand in
  const { end } = await collectBatch(batch$(fakeEngine(), ['a'], { signal: {} }));
  expect(end).toBe('invalid_request');
  await expect(
    new Promise((_, reject) => {
      // @ts-expect-error -- as above
      batch$(fakeEngine(), ['a'], { signal: 7 }).subscribe({ error: reject });
    }),
  ).rejects.toThrow('`signal`');
});

it('a run with nobody else to tell: an error of the stream is not replaced by an abort after it', async () => {
  const stop = new AbortController();
  const failing = function* (): Generator<string> {
    yield 'a';
    throw new Error('torn');
  };
  const { end } = await collectBatch(
    batch$(
      fakeEngine(() => throwError(() => new WhisulError('invalid_request', 'no'))),
      failing(),
      { signal: stop.signal },
    ).pipe(
      tap({
        error: () => {
          stop.abort();
        },
      }),
    ),
  );
  expect(end).toBe('source');
});
