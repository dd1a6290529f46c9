import { catchError, concat, EMPTY, from, NEVER, of, Subject, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { collectBatch, settled } from '../../test/collect-batch.js';
import { completed, fakeEngine, running, submitted, tellingEngine } from '../../test/fake-engine.js';
import { jobStateSchema, type JobState, type SubmittedJob } from '../model/job-schema.js';
import type { GenerateRequest } from '../model/job-source.js';
import { WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from '../model/whisul-error.js';
import { batch$ } from './batch.js';
import type { Journal, JournalEntry } from './journal.js';
import { memoryJournal } from './memory-journal.js';

const fails = (code: WhisulErrorCode, details?: WhisulErrorDetails) =>
  throwError(() => new WhisulError(code, 'The engine says no.', details));
const make = (prompt: string) => of(submitted(prompt), completed(prompt));
const at = Date.UTC(2026, 0, 1);
const doubt: JournalEntry = { key: '0', prompt: 'a', attempt: 1, state: 'submitting', at };

async function inDoubt(): Promise<Journal> {
  const journal = memoryJournal();
  await journal.put(doubt);
  return journal;
}

describe('a refusal and a doubt', () => {
  const refused: Error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

  it.each<[WhisulErrorCode, WhisulErrorDetails]>([
    ['invalid_request', {}],
    ['unauthorized', {}],
    ['not_found', {}],
    ['rate_limited', {}],
    ['aborted', {}],
    ['closed', {}],
    ['engine', { status: 422 }],
    ['network', { cause: refused }],
  ])('%s %j proves that nothing was accepted: the next run submits', async (code, details) => {
    const journal = memoryJournal();
    const engine = fakeEngine((prompt, nth) => (nth === 1 ? fails(code, details) : make(prompt)));
    const { said, problems } = await collectBatch(batch$(engine, ['a'], { journal }));
    expect([said, (await journal.get('0'))?.state]).toEqual([[`0 ${code}`], 'rejected']);
    expect(problems).toMatchObject([{ prompt: 'a' }]);
    expect((await collectBatch(batch$(engine, ['a'], { journal }))).said).toEqual(['0 submitted', '0 completed']);
  });

  it.each<[WhisulErrorCode, WhisulErrorDetails]>([
    ['engine', {}],
    ['network', {}],
    ['request_timeout', { status: 408 }],
    ['server_error', { status: 503 }],
    ['invalid_response', {}],
    ['job_timeout', {}],
    ['job_failed', {}],
    ['journal', {}],
    ['source', {}],
    ['submit_limit', {}],
    ['submit_unknown', { status: 400 }],
  ])('%s %j proves nothing: it is in doubt, and the next run does not submit', async (code, details) => {
    const journal = memoryJournal();
    const engine = fakeEngine((prompt) => (prompt === 'a' ? fails(code, details) : make(prompt)));
    for (let run = 0; run < 2; run++) {
      const { said, end } = await collectBatch(batch$(engine, ['a', 'b'], { journal, concurrency: 1 }));
      expect([said[0], end]).toEqual(['0 submit_unknown', 'complete']);
    }
    expect(engine.posts).toEqual(['a', 'b']);
  });

  it('believes an engine that tells: what was not sent is not in doubt', async () => {
    const journal = memoryJournal();
    const engine = tellingEngine(() => undefined, { sent: false, states$: () => fails('request_timeout') });
    const { problems } = await collectBatch(batch$(engine, ['a'], { journal }));
    expect(problems).toMatchObject([
      { code: 'request_timeout', prompt: 'a', message: 'Not sent: The engine says no.' },
    ]);
    expect(await journal.get('0')).toMatchObject({ state: 'rejected' });
  });

  it('believes a doubt more: the POST of a fallback is none that the first engine knows of', async () => {
    const journal = memoryJournal();
    const first = tellingEngine(() => undefined, { sent: false, states$: () => fails('rate_limited') });
    const generate$ = (request: GenerateRequest) =>
      first.generate$(request).pipe(catchError(() => fails('submit_unknown')));
    expect((await collectBatch(batch$({ ...first, generate$ }, ['a'], { journal }))).said).toEqual([
      '0 submit_unknown',
    ]);
    expect(await journal.get('0')).toMatchObject({ state: 'submitting' });
  });

  it('takes back what waits in the engine when the client is closed, and says once that it was not sent', async () => {
    const other = fakeEngine(() => fails('closed'));
    const telling = tellingEngine(() => undefined, { sent: false });
    const engine = {
      ...other,
      generate$: (prompt: GenerateRequest) => (prompt === 'b' ? other : telling).generate$(prompt),
    };
    const journal = memoryJournal();
    const { problems } = await collectBatch(batch$(engine, ['a', 'b'], { journal }));
    expect(problems.map(({ code, prompt }) => [code, prompt])).toEqual([
      ['closed', 'b'],
      ['closed', 'a'],
    ]);
    expect(problems[1]?.message).toBe('Not sent, the batch stopped: The engine says no.');
    expect(await journal.get('0')).toMatchObject({ state: 'rejected' });
  });

  it('keeps the id that an error carries before any state', async () => {
    const journal = memoryJournal();
    const engine = fakeEngine(() => fails('job_timeout', { jobId: 'j 1' }));
    const { problems } = await collectBatch(batch$(engine, ['a'], { journal }));
    expect(problems).toMatchObject([{ code: 'job_timeout', jobId: 'j 1', lastState: { job_id: 'j 1' }, prompt: 'a' }]);
    expect(problems[0]?.message).toContain('j 1');
    expect(await journal.get('0')).toMatchObject({
      state: 'submitted',
      job: { job_id: 'j 1', poll_url: '/jobs/j%201' },
    });
    await collectBatch(batch$(engine, ['a'], { journal }));
    expect([engine.posts, engine.followed]).toEqual([['a'], ['j 1']]);
  });
});

describe('a doubt of an earlier run', () => {
  it('survives a resubmit that is refused', async () => {
    const journal = await inDoubt();
    const engine = fakeEngine(() => fails('unauthorized'));
    expect((await collectBatch(batch$(engine, ['a'], { journal, onUnknown: 'resubmit' }))).said).toEqual([
      '0 unauthorized',
    ]);
    expect(await journal.get('0')).toEqual(doubt);
    expect((await collectBatch(batch$(engine, ['a'], { journal }))).said).toEqual(['0 submit_unknown']);
    expect(engine.posts).toEqual(['a']);
  });

  it('survives a resubmit that was left before it was sent', async () => {
    const journal = await inDoubt();
    const engine = tellingEngine(() => undefined, { sent: false });
    const subscription = batch$(engine, ['a'], { journal, onUnknown: 'resubmit' }).subscribe();
    await settled();
    expect(await journal.get('0')).toMatchObject({ state: 'submitting' });
    subscription.unsubscribe();
    await settled();
    expect(await journal.get('0')).toEqual(doubt);
  });

  it('is over when the resubmit is accepted', async () => {
    const journal = await inDoubt();
    await collectBatch(batch$(fakeEngine(), ['a'], { journal, onUnknown: 'resubmit' }));
    expect(await journal.get('0')).toMatchObject({ state: 'completed' });
  });
});

describe('what is said', () => {
  it('of a doubt: once what to do', async () => {
    const advice = new WhisulError('submit_unknown', 'May be charged. Look at your account.', {
      cause: new Error('The connection was reset.'),
    });
    const { problems } = await collectBatch(
      batch$(
        fakeEngine(() => throwError(() => advice)),
        ['a'],
      ),
    );
    expect(problems[0]?.message).toMatch(/: The connection was reset\. Look at your account; [^.]+\.$/);
  });

  it('of what was not sent: that it was not, and the prompt', async () => {
    const engine = fakeEngine((prompt) => (prompt === 'a' ? fails('closed') : NEVER));
    const { problems } = await collectBatch(batch$(engine, ['a'], {}));
    const disk: Journal = { ...memoryJournal(), get: () => Promise.reject(new Error('torn')) };
    problems.push(...(await collectBatch(batch$(engine, ['a'], { journal: disk }))).problems);
    const odd = [{ prompt: 'a', key: 7 }];
    // @ts-expect-error -- what a caller in JavaScript may hand in
    problems.push(...(await collectBatch(batch$(engine, odd))).problems);
    for (const { message, prompt } of problems) expect([message.slice(0, 8), prompt]).toEqual(['Not sent', 'a']);
    expect(problems.length).toBe(3);
    expect(problems[2]?.message).toContain('`key`');
  });

  it('of a job: its id, in whatever words the engine ends', async () => {
    const engine = fakeEngine((prompt) => concat(of(submitted(prompt)), fails('closed')));
    const { problems } = await collectBatch(batch$(engine, ['a']));
    expect(problems[0]?.message).toBe('The engine says no. The job id-a was accepted and may still be running.');
  });

  it('of a key with another prompt: what to do', async () => {
    const { problems } = await collectBatch(batch$(fakeEngine(), ['b'], { journal: await inDoubt() }));
    expect(problems[0]?.message).toMatch(/another prompt\. Give this item a key of its own/);
  });
});

describe('an engine that breaks its word', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'submit_unknown'],
    ['no id', { status: 'running' }, 'submit_unknown'],
    ['an id and nothing else', { job_id: 'j' }, 'engine'],
  ])('is a problem of its item, and of nothing else: %s', async (_name, state, code) => {
    // @ts-expect-error -- what an engine in JavaScript may give
    const engine = fakeEngine((prompt) => (prompt === 'a' ? of<JobState>(state) : make(prompt)));
    const journal = memoryJournal();
    const { said, problems, end } = await collectBatch(batch$(engine, ['a', 'b'], { journal }));
    expect([said.sort(), end]).toEqual([[`0 ${code}`, '1 completed', '1 submitted'], 'complete']);
    expect(problems[0]?.jobId).toBe(code === 'engine' ? 'j' : undefined);
    expect((await journal.get('0'))?.state).toBe(code === 'engine' ? 'submitted' : 'submitting');
  });

  it.each<[string, object[], string[]]>([
    ['no song', [submitted('a'), { ...completed('a'), result: null }], ['0 submitted', '0 engine']],
    ['no name', [submitted('a'), { ...running('a'), status: 7 }], ['0 submitted', '0 engine']],
    ['a status of its own', [{ job_id: 'id-a', status: 'queued' }, completed('a')], ['0 queued', '0 completed']],
  ])(
    'stops nothing else, also where the journal takes only what it can read again: %s',
    async (_name, states, told) => {
      const journal = memoryJournal();
      const strict: Journal = {
        ...journal,
        put: async (entry) => {
          if (entry.job) jobStateSchema.parse(entry.job);
          await journal.put(entry);
        },
      };
      // @ts-expect-error -- what an engine in JavaScript may give
      const engine = fakeEngine((prompt) => (prompt === 'a' ? from<JobState[]>(states) : make(prompt)));
      const { said, problems, end } = await collectBatch(
        batch$(engine, ['a', 'b'], { journal: strict, concurrency: 1 }),
      );
      expect([said, end]).toEqual([[...told, '1 submitted', '1 completed'], 'complete']);
      for (const { jobId } of problems) expect(jobId).toBe('id-a');
      expect(await journal.get('0')).toMatchObject({ job: { job_id: 'id-a' } });
    },
  );

  it('is one problem without a journal, too, and carries the job once there is one', async () => {
    // @ts-expect-error -- as above
    const bad$ = from<JobState[]>([null, running('a')]);
    const first = await collectBatch(
      batch$(
        fakeEngine(() => bad$),
        ['a'],
      ),
    );
    expect(first.said).toEqual(['0 submit_unknown']);
    const later = await collectBatch(
      batch$(
        fakeEngine(() => concat(of(submitted('a')), bad$)),
        ['a'],
      ),
    );
    expect(later.said).toEqual(['0 submitted', '0 engine']);
    expect(later.problems[0]?.jobId).toBe('id-a');
    const silent = throwError(() => undefined);
    expect(
      (
        await collectBatch(
          batch$(
            fakeEngine(() => silent),
            ['a'],
          ),
        )
      ).problems[0]?.message,
    ).toContain('no reason');
    expect(
      (
        await collectBatch(
          batch$(
            fakeEngine(() => EMPTY),
            ['a'],
          ),
        )
      ).said,
    ).toEqual(['0 engine']);
  });
});

it('a job whose id could not be written down is not watched any more', async () => {
  let watching = 0;
  const engine = fakeEngine((prompt) =>
    concat(of(submitted(prompt)), NEVER).pipe(
      tap({ subscribe: () => (watching += 1), unsubscribe: () => (watching -= 1) }),
    ),
  );
  const journal = memoryJournal();
  const full: Journal = {
    ...journal,
    put: (entry) => (entry.state === 'submitted' ? Promise.reject(new Error('disk full')) : journal.put(entry)),
  };
  const { problems, end } = await collectBatch(batch$(engine, ['a'], { journal: full }));
  expect([end, watching]).toEqual(['journal', 0]);
  expect(problems[0]?.message).toContain('id-a');
});

it('B6: leaving twice during one POST makes the third pass wait for its answer', async () => {
  const receipt$ = new Subject<SubmittedJob>();
  const receipt = new Promise<SubmittedJob>((resolve) => receipt$.subscribe(resolve));
  const engine = tellingEngine(() => receipt);
  const run$ = batch$(engine, ['a'], { journal: memoryJournal() });
  for (let pass = 0; pass < 3; pass++) {
    const subscription = run$.subscribe();
    await settled();
    subscription.unsubscribe();
  }
  const last = collectBatch(run$);
  await settled();
  receipt$.next(submitted('a'));
  expect(await last).toMatchObject({ said: ['0 submitted', '0 completed'], end: 'complete' });
  expect(engine.posts).toEqual(['a']);
});
