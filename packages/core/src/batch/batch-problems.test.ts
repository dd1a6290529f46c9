import { concat, delay, EMPTY, ignoreElements, lastValueFrom, NEVER, of, Subject, tap, throwError, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, fakeEngine, running, submitted, tellingEngine } from '../../test/fake-engine.js';
import type { JobState, SubmittedJob } from '../model/job-schema.js';
import type { GenerateRequest } from '../model/job-source.js';
import { submissions } from '../model/submission.js';
import { WhisulError, type WhisulErrorCode } from '../model/whisul-error.js';
import type { BatchOptions } from './batch-options.js';
import { batch$ } from './batch.js';
import type { Journal } from './journal.js';
import { memoryJournal } from './memory-journal.js';

const refuse = (code: WhisulErrorCode) => throwError(() => new WhisulError(code, 'no'));
const make = (prompt: string) => of(submitted(prompt), completed(prompt));

const diskFull$ = concat(
  timer(5).pipe(ignoreElements()),
  throwError(() => new Error('disk full')),
);

/** A journal whose `put` takes its time to fail. */
function failing(fails: (state: string, key: string) => boolean): Journal {
  const journal = memoryJournal();
  return {
    ...journal,
    put: (entry) => (fails(entry.state, entry.key) ? lastValueFrom(diskFull$) : journal.put(entry)),
  };
}

describe('B3: a problem is the item’s own', () => {
  it.each<WhisulErrorCode>(['invalid_request', 'submit_unknown', 'rate_limited', 'not_found'])(
    'stops nothing else (%s)',
    async (code) => {
      const engine = fakeEngine((prompt) => (prompt === 'b' ? refuse(code) : make(prompt)));
      const { said, end } = await collectBatch(batch$(engine, ['a', 'b', 'c'], { concurrency: 1 }));
      expect(said).toEqual(['0 submitted', '0 completed', `1 ${code}`, '2 submitted', '2 completed']);
      expect(end).toBe('complete');
    },
  );

  it('sends nothing for an item that has no prompt', async () => {
    const engine = fakeEngine();
    const trap = {
      get prompt(): string {
        throw new Error('trap');
      },
    };
    const items: unknown[] = [
      '',
      ' ',
      7,
      null,
      undefined,
      {},
      { prompt: 7 },
      { prompt: 'a', key: 7 },
      [],
      trap,
      'good',
    ];
    // @ts-expect-error -- what a caller in JavaScript may hand in
    const { said, end } = await collectBatch(batch$(engine, items));
    expect(said.slice(0, 10)).toEqual(items.slice(0, 10).map((_item, index) => `${index} invalid_request`));
    expect([engine.posts, end]).toEqual([['good'], 'complete']);
  });

  it('says of an error that is not ours what it may have cost, and carries the job once there is one', async () => {
    const broken = throwError(() => new Error('boom'));
    const engine = fakeEngine((prompt) => {
      if (prompt === 'thrown') throw new Error('boom');
      if (prompt === 'before') return broken;
      return prompt === 'after' ? concat(of(submitted('after')), broken) : EMPTY;
    });
    const { problems, end } = await collectBatch(batch$(engine, ['before', 'after', 'thrown', 'empty']));
    expect(problems.map(({ code, prompt }) => [code, prompt]).sort()).toEqual(
      ['after', 'before', 'empty', 'thrown'].map((prompt) => ['engine', prompt]),
    );
    const unknown = problems.find(({ prompt }) => prompt === 'before');
    expect(unknown?.message).toMatch(
      /"0" \("before"\) was sent at \d{4}-.*may have been accepted and charged \(one song\)/,
    );
    const known = problems.find(({ prompt }) => prompt === 'after');
    expect(known).toMatchObject({ jobId: 'id-after', lastState: { status: 'submitted' } });
    expect(end).toBe('complete');
  });

  it('refuses a key that is in flight, and lets it come again afterwards where no journal remembers it', async () => {
    const engine = fakeEngine((prompt) => make(prompt).pipe(delay(1)));
    const items = [
      { prompt: 'a', key: 'k' },
      { prompt: 'b', key: 'k' },
      { prompt: 'c', key: 'm' },
    ];
    const { said } = await collectBatch(batch$(engine, [...items, { prompt: 'd', key: 'k' }], { concurrency: 2 }));
    expect(said.filter((line) => !line.endsWith('submitted')).sort()).toEqual([
      'k completed',
      'k completed',
      'k journal_conflict',
      'm completed',
    ]);
    expect(engine.posts).toEqual(['a', 'c', 'd']);
  });
});

describe('B3: a fatal problem', () => {
  it('unauthorized: stops pulling, watches what is in flight, then errors', async () => {
    const engine = fakeEngine((prompt) =>
      prompt === 'b' ? refuse('unauthorized') : concat(of(submitted(prompt)), of(completed(prompt)).pipe(delay(20))),
    );
    const { said, end } = await collectBatch(batch$(engine, ['a', 'b', 'c', 'd'], { concurrency: 2 }));
    expect(said).toEqual(['0 submitted', '1 unauthorized', '0 completed']);
    expect([engine.posts, end]).toEqual([['a', 'b'], 'unauthorized']);
  });

  it('source: what was sent before it threw is watched to its end', async () => {
    function* source(): Generator<string> {
      yield 'a';
      throw new Error('row 2 is broken');
    }
    const engine = fakeEngine((prompt) => make(prompt).pipe(delay(5)));
    const seen = await collectBatch(batch$(engine, source(), { concurrency: 2 }));
    expect(seen).toMatchObject({ said: ['0 submitted', '0 completed'], end: 'source' });
    const hostile = { [Symbol.iterator]: () => ({ next: () => null }) };
    // @ts-expect-error -- not an iterator
    expect((await collectBatch(batch$(engine, hostile))).end).toBe('source');
  });

  it('takes back what the engine has not sent yet, and waits for what it has', async () => {
    const receipt = new Subject<SubmittedJob>();
    const engine = tellingEngine((prompt) =>
      prompt === 'flying'
        ? new Promise((resolve) => receipt.subscribe(resolve))
        : prompt === 'bad'
          ? Promise.reject(new WhisulError('unauthorized', 'no'))
          : undefined,
    );
    const journal = memoryJournal();
    const done = collectBatch(batch$(engine, ['flying', 'waiting', 'bad', 'unpulled'], { concurrency: 3, journal }));
    await settled();
    receipt.next(submitted('flying'));
    await settled();
    // It is watched: only leaving would end it, since this engine never finishes a job.
    expect(await journal.get('0')).toMatchObject({ state: 'submitted', job: { job_id: 'id-flying' } });
    expect(await journal.get('1')).toMatchObject({ state: 'rejected', prompt: 'waiting' });
    expect(await journal.get('2')).toMatchObject({ state: 'rejected', prompt: 'bad' });
    expect(engine.posts).toEqual(['flying', 'waiting', 'bad']);
    void done;
  });

  it('takes back a POST that the API refuses after the batch stopped, since the engine would send it again', async () => {
    let receipt: Promise<SubmittedJob> | undefined;
    const refused$ = new Subject<never>();
    let watching = 0;
    // An engine between a 429 and the next try: its stream says nothing, its receipt is gone.
    const patient$ = NEVER.pipe(tap({ subscribe: () => (watching += 1), unsubscribe: () => (watching -= 1) }));
    submissions.set(patient$, {
      get sent() {
        return receipt !== undefined;
      },
      get receipt() {
        return receipt;
      },
    });
    receipt = lastValueFrom(refused$).finally(() => (receipt = undefined));
    const other = fakeEngine(() => refuse('unauthorized'));
    const engine = {
      ...other,
      generate$: (prompt: GenerateRequest) => (prompt === 'a' ? patient$ : other.generate$(prompt)),
    };
    const done = collectBatch(batch$(engine, ['a', 'b'], { concurrency: 2 }));
    await settled();
    expect(watching).toBe(1);
    refused$.error(new WhisulError('rate_limited', 'later'));
    expect(await done).toMatchObject({ said: ['1 unauthorized', '0 unauthorized'], end: 'unauthorized' });
    expect(watching).toBe(0);
  });

  it('journal: a `put` that fails before the POST sends nothing more', async () => {
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), of(completed(prompt)).pipe(delay(20))));
    const journal = failing((state, key) => state === 'submitting' && key === '1');
    const { said, end } = await collectBatch(batch$(engine, ['a', 'b', 'c'], { concurrency: 2, journal }));
    expect(said).toEqual(expect.arrayContaining(['1 journal', '0 submitted', '0 completed']));
    expect([said.length, engine.posts, end]).toEqual([3, ['a'], 'journal']);
  });

  it.each(['submitted', 'completed'])(
    'journal: a `put` of %s that fails keeps no paid id from the user',
    async (state) => {
      const engine = fakeEngine((prompt) => of<JobState[]>(submitted(prompt), running(prompt), completed(prompt)));
      const { problems, end } = await collectBatch(batch$(engine, ['a'], { journal: failing((put) => put === state) }));
      expect(problems).toMatchObject([{ code: 'journal', jobId: 'id-a', lastState: { status: state } }]);
      expect(end).toBe('journal');
    },
  );

  it('journal: a `get` that fails, also one that throws at once', async () => {
    const engine = fakeEngine();
    for (const get of [
      () => Promise.reject(new Error('torn')),
      () => {
        throw new Error('torn');
      },
    ]) {
      const { said, end } = await collectBatch(batch$(engine, ['a'], { journal: { ...memoryJournal(), get } }));
      expect([said, end]).toEqual([['0 journal'], 'journal']);
    }
    expect(engine.posts).toEqual([]);
  });

  it('closed: is the problem of what is in flight, and nothing more is sent', async () => {
    const closing$ = concat(timer(5).pipe(ignoreElements()), refuse('closed'));
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), closing$));
    const { said, end } = await collectBatch(batch$(engine, ['a', 'b', 'c'], { concurrency: 2 }));
    expect(said.filter((line) => line.endsWith('closed'))).toEqual(['0 closed', '1 closed']);
    expect([engine.posts, end]).toEqual([['a', 'b'], 'closed']);
  });
});

describe('options', () => {
  it.each<[string, unknown]>([
    ['concurrency', 0],
    ['concurrency', 1.5],
    ['concurrency', '4'],
    ['concurrency', NaN],
    ['concurrency', null],
    ['retryFailed', -1],
    ['retryFailed', Infinity],
    ['retryFailed', null],
    ['maxSubmits', -1],
    ['maxSubmits', NaN],
    // What JSON makes of the one before: no word for unlimited.
    ['maxSubmits', null],
    ['onUnknown', 'ignore'],
    ['onUnknown', null],
    ['journal', {}],
    ['journal', null],
  ])('an error through the stream names the option: %s = %s', async (name, value) => {
    const engine = fakeEngine();
    const options: BatchOptions = { [name]: value };
    const events$ = batch$(engine, ['a'], options);
    await expect(new Promise((_resolve, reject) => events$.subscribe({ error: reject }))).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(`\`${name}\``),
    });
    expect(engine.posts).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['a string', 'one prompt'],
    ['a string in a box', Object('one prompt')],
    ['a number', 7],
    ['nothing', undefined],
    ['null', null],
    ['an object', {}],
  ])('refuses %s as requests', async (_name, requests) => {
    const engine = fakeEngine();
    // @ts-expect-error -- what a caller in JavaScript may hand in
    expect((await collectBatch(batch$(engine, requests))).end).toBe('invalid_request');
    expect(engine.posts).toEqual([]);
  });

  it('refuses what is no engine', async () => {
    // @ts-expect-error -- what a caller in JavaScript may hand in
    expect((await collectBatch(batch$(undefined, ['a']))).end).toBe('invalid_request');
    // @ts-expect-error -- as above
    expect((await collectBatch(batch$(fakeEngine(), ['a'], null))).end).toBe('invalid_request');
  });
});
