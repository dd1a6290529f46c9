import { batch$, type Journal, memoryJournal } from '@whisul-rx/core';
import { describe, expect, it } from 'vitest';
import { end, frame, problem, settle, stateOf } from '../../test/scripted-fetch.js';
import { listen, scriptSource } from '../../test/scripted-source.js';

const networkError = (code: string): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

describe('generate$', () => {
  it('sends one POST and reads on from its answer', async () => {
    const { source, calls, last } = scriptSource();
    const job = listen(source.generate$({ prompt: 'lo-fi' }));
    const call = await last();
    expect(call.method).toBe('POST');
    expect(call.url.href).toBe('https://app.test/jobs');
    expect(call.body).toEqual({ prompt: 'lo-fi' });
    expect(call.headers.get('accept')).toBe('text/event-stream');
    expect(call.headers.get('content-type')).toBe('application/json');
    call.open();
    call.send(frame('a', 'submitted'));
    await settle();
    expect(job.heard).toEqual(['submitted']);
    call.send(frame('a', 'running') + frame('a', 'completed') + end);
    await settle();
    expect(job.heard).toEqual(['submitted', 'running', 'completed', 'done']);
    expect(call.aborted).toBe(true);
    expect(calls).toHaveLength(1);
  });

  it('G1: however often it is subscribed, in whatever moment, it is one job', async () => {
    const { source, calls, last } = scriptSource();
    const generate$ = source.generate$('p');
    const jobs = [listen(generate$), listen(generate$)];
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted'));
    await settle();
    jobs.push(listen(generate$));
    expect(jobs[2]?.heard).toEqual(['submitted']);
    call.send(frame('a', 'running'));
    await settle();
    jobs.push(listen(generate$));
    expect(jobs[3]?.heard).toEqual(['submitted', 'running']);
    call.send(frame('a', 'completed'));
    await settle();
    jobs.push(listen(generate$), listen(source.job$('a')));
    const all = 'submitted,running,completed,done';
    const late = 'submitted,completed,done';
    expect(jobs.map(({ heard }) => heard.join())).toEqual([all, all, all, all, late, 'completed,done']);
    expect(calls).toHaveLength(1);
    listen(source.generate$('p'));
    await settle();
    expect(calls).toHaveLength(2);
  });

  it('J4: job$ of the same job reads the same answer', async () => {
    const { source, calls, last } = scriptSource();
    const generated = listen(source.generate$('p'));
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted'));
    await settle();
    const job = listen(source.job$('a'));
    expect(job.heard).toEqual(['submitted']);
    generated.subscription.unsubscribe();
    expect(call.aborted).toBe(false);
    call.send(frame('a', 'running'));
    await settle();
    expect(job.heard).toEqual(['submitted', 'running']);
    job.subscription.unsubscribe();
    expect(call.aborted).toBe(true);
    expect(calls).toHaveLength(1);
  });

  it('G5: a bad prompt is an error of the stream, and nothing is sent', async () => {
    const { source, calls } = scriptSource();
    for (const prompt of ['', ' \n', { prompt: '' }]) {
      expect(listen(source.generate$(prompt)).heard).toEqual(['invalid_request']);
    }
    await settle();
    expect(calls).toEqual([]);
  });
});

describe('G2: an answer that breaks off', () => {
  it.each(['text/event-stream', 'application/json'])(
    '%s that fails like a connection never made: one POST',
    async (type) => {
      const { source, calls, last, clock } = scriptSource();
      const job = listen(source.generate$('p'));
      const call = await last();
      call.open(null, type);
      await settle();
      call.fail(networkError('ECONNREFUSED'));
      await settle();
      clock.flush();
      await settle();
      expect(job.heard).toEqual(['submit_unknown']);
      expect(calls).toHaveLength(1);
    },
  );
});

describe('G4: leaving while the POST is in flight', () => {
  it('does not abort it; coming back joins its job', async () => {
    const { source, calls, clock, last } = scriptSource();
    const generate$ = source.generate$('p');
    const leaver = listen(generate$);
    const call = await last();
    leaver.subscription.unsubscribe();
    expect(call.aborted).toBe(false);
    call.open();
    await settle();
    call.send(frame('a', 'submitted'));
    await settle();
    // The id is known, nobody listens: no more is needed.
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
    const job = listen(source.job$('a'));
    expect(job.heard).toEqual(['submitted']);
    job.subscription.unsubscribe();
    const back = listen(generate$);
    expect(back.heard).toEqual(['submitted']);
    const follow = await last();
    expect([follow.method, follow.ids]).toEqual(['GET', ['a']]);
    follow.open();
    follow.send(frame('a', 'completed'));
    await settle();
    expect(back.heard).toEqual(['submitted', 'completed', 'done']);
    expect(calls.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('and coming back before the answer joins the POST', async () => {
    const { source, calls, last } = scriptSource();
    const generate$ = source.generate$('p');
    const leaver = listen(generate$);
    const call = await last();
    leaver.subscription.unsubscribe();
    const back = listen(generate$);
    call.open();
    call.send(frame('a', 'submitted') + frame('a', 'failed'));
    await settle();
    expect(back.heard).toEqual(['submitted', 'failed', 'done']);
    expect(calls).toHaveLength(1);
  });

  it('a doubt that nobody heard of is kept', async () => {
    const { source, calls, last } = scriptSource();
    const generate$ = source.generate$('p');
    const leaver = listen(generate$);
    const call = await last();
    leaver.subscription.unsubscribe();
    call.fail(networkError('ECONNRESET'));
    await settle();
    expect(listen(generate$).heard).toEqual(['submit_unknown']);
    await settle();
    expect(calls).toHaveLength(1);
  });

  it('in a wait after a refusal it stops; coming back sends it', async () => {
    const { source, calls, clock, last } = scriptSource();
    const generate$ = source.generate$('p');
    const job = listen(generate$);
    (await last()).answer(429);
    await clock.advance(500);
    job.subscription.unsubscribe();
    expect(clock.actions).toEqual([]);
    await clock.advance(100_000);
    expect(calls).toHaveLength(1);
    listen(generate$);
    await clock.advance(1_000);
    expect(calls).toHaveLength(2);
  });

  it('close() aborts it, and says what that may have cost', async () => {
    const { source, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    source.close();
    expect(job.heard).toEqual(['submit_unknown']);
    expect(job.error).toMatchObject({ prompt: 'p' });
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
  });
});

describe('while `headers()` is awaited nothing is in flight', () => {
  /** A source whose headers come when the test says so. */
  function slowHeaders(options: Parameters<typeof scriptSource>[0] = {}) {
    const asked: ((headers: HeadersInit) => void)[] = [];
    const headers = (): Promise<HeadersInit> => new Promise((resolve) => asked.push(resolve));
    return { ...scriptSource({ headers, ...options }), answerHeaders: () => asked.shift()?.({}) };
  }

  it('G4: leaving withdraws the POST; coming back sends one', async () => {
    const { source, calls, answerHeaders } = slowHeaders();
    const generate$ = source.generate$('p');
    const leaver = listen(generate$);
    await settle();
    leaver.subscription.unsubscribe();
    answerHeaders();
    await settle();
    expect(calls).toEqual([]);
    listen(generate$);
    await settle();
    answerHeaders();
    await settle();
    expect(calls.map(({ method }) => method)).toEqual(['POST']);
  });

  it('close() is `closed`', async () => {
    const { source, calls, answerHeaders } = slowHeaders();
    const job = listen(source.generate$('p'));
    await settle();
    source.close();
    answerHeaders();
    await settle();
    expect(job.heard).toEqual(['closed']);
    expect(calls).toEqual([]);
  });

  it('silence is no doubt: they are asked for again', async () => {
    const { source, calls, clock, answerHeaders } = slowHeaders({ retry: { maxFailures: 2 } });
    const job = listen(source.generate$('p'));
    await clock.advance(25_000);
    answerHeaders();
    await clock.advance(1_000);
    expect(job.heard).toEqual([]);
    expect(calls).toEqual([]);
    await clock.advance(25_000);
    expect(job.heard).toEqual(['request_timeout']);
    expect(job.error).toMatchObject({ prompt: 'p' });
  });
});

it('close() in a wait after a refusal is `closed`: nothing was accepted', async () => {
  const { source, clock, last } = scriptSource();
  const job = listen(source.generate$('p'));
  (await last()).answer(429);
  await settle();
  source.close();
  expect(job.heard).toEqual(['closed']);
  expect(clock.actions).toEqual([]);
});

describe('after the receipt', () => {
  it('close() in its very moment is `closed`, with the job', async () => {
    const { source, last } = scriptSource();
    const generate$ = source.generate$('p');
    generate$.subscribe({
      next: () => {
        source.close();
      },
      error: () => undefined,
    });
    const job = listen(generate$);
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted'));
    await settle();
    expect(job.heard).toEqual(['submitted', 'closed']);
    expect(job.error).toMatchObject({ jobId: 'a', lastState: stateOf('a', 'submitted') });
    expect(call.aborted).toBe(true);
  });

  it.each([0, 1, 10])(
    'a cut is followed no earlier than the `retry:` of the server, with maxFailures %i',
    async (max) => {
      const { source, calls, clock, last } = scriptSource({ retry: { maxFailures: max } });
      const job = listen(source.generate$('p'));
      const call = await last();
      call.open();
      call.send(frame('a', 'submitted'));
      await settle();
      call.cut();
      await clock.advance(1_999);
      expect(calls).toHaveLength(1);
      await clock.advance(1);
      expect(calls).toHaveLength(2);
      expect(job.heard).toEqual(['submitted']);
    },
  );

  it('`end` before the terminal state is an error of the job', async () => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted') + end);
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submitted', 'invalid_response']);
    expect(job.error).toMatchObject({ jobId: 'a' });
    expect(calls).toHaveLength(1);
  });

  it('a cut is followed by GET, after a wait; the POST is never sent again', async () => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted') + frame('a', 'running'));
    await settle();
    call.cut();
    await clock.advance(1_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls.map(({ method, ids }) => [method, ids.join()])[1]).toEqual(['GET', 'a']);
    calls[1]?.open();
    calls[1]?.send(frame('a', 'running') + frame('a', 'completed'));
    await settle();
    expect(job.heard).toEqual(['submitted', 'running', 'completed', 'done']);
  });

  it('a problem is the error of the job, also one that would be a refusal before', async () => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted') + problem({ code: 'rate_limited', status: 503, job_id: 'a' }));
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submitted', 'rate_limited']);
    expect(job.error).toMatchObject({ jobId: 'a', lastState: stateOf('a', 'submitted') });
    expect(calls).toHaveLength(1);
  });

  it('no more than two answers are held open; the other jobs share one connection', async () => {
    const { source, calls } = scriptSource();
    const ids = ['a', 'b', 'c', 'd'];
    const jobs = ids.map((id) => listen(source.generate$(id)));
    await settle();
    for (const [at, call] of [...calls].entries()) {
      call.open();
      call.send(frame(ids[at] ?? '', 'submitted'));
    }
    await settle();
    expect(calls.slice(0, 4).map(({ aborted }) => aborted)).toEqual([false, false, true, true]);
    expect(calls.filter(({ method, aborted }) => method === 'GET' && !aborted).map(({ ids }) => ids)).toEqual([
      ['c', 'd'],
    ]);
    calls[0]?.send(frame('a', 'completed'));
    calls[1]?.send(frame('b', 'completed'));
    calls.at(-1)?.open();
    calls.at(-1)?.send(frame('c', 'completed') + frame('d', 'failed'));
    await settle();
    expect(jobs.map(({ heard }) => heard.at(-2))).toEqual(['completed', 'completed', 'completed', 'failed']);
  });
});

describe('B6: a batch over this source', () => {
  const entry = (journal: Journal, key: string) => Promise.resolve(journal.get(key)).then((found) => found?.state);

  it('that is left while a POST waits to be sent, takes it back', async () => {
    const { source, calls, clock, last } = scriptSource();
    const journal = memoryJournal();
    const run = batch$(source, ['a'], { journal }).subscribe();
    (await last()).answer(429);
    await clock.advance(500);
    run.unsubscribe();
    await clock.advance(100_000);
    expect(calls).toHaveLength(1);
    expect(await entry(journal, '0')).toBe('rejected');
  });

  it('that is left while a POST is in flight, writes its job down, and a refusal, too', async () => {
    const { source, calls, clock } = scriptSource();
    const journal = memoryJournal();
    const run = batch$(source, ['a', 'b', 'c'], { journal }).subscribe();
    await settle();
    run.unsubscribe();
    await settle();
    const [accepted, refused, lost] = calls;
    accepted?.open();
    accepted?.send(frame('job-a', 'submitted'));
    refused?.answer(429);
    lost?.answer(500);
    await clock.advance(100_000);
    expect(calls).toHaveLength(3);
    expect(await Promise.all(['0', '1', '2'].map((key) => entry(journal, key)))).toEqual([
      'submitted',
      'rejected',
      'submitting',
    ]);
    expect(calls.every(({ aborted }) => aborted)).toBe(true);
    expect(clock.actions).toEqual([]);
  });
});
