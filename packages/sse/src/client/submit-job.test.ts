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
    expect(job.heard).toEqual([]);
    generated.subscription.unsubscribe();
    expect(call.aborted).toBe(false);
    call.send(frame('a', 'running'));
    await settle();
    expect(job.heard).toEqual(['running']);
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

describe('G4: leaving while the POST is in flight', () => {
  it('does not abort it; coming back joins its job', async () => {
    const { source, calls, clock, last } = scriptSource();
    const generate$ = source.generate$('p');
    listen(generate$).subscription.unsubscribe();
    const call = await last();
    expect(call.aborted).toBe(false);
    call.open();
    await settle();
    call.send(frame('a', 'submitted'));
    await settle();
    // The id is known, nobody listens: no more is needed.
    expect(call.aborted).toBe(true);
    expect(clock.actions).toEqual([]);
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
    listen(generate$).subscription.unsubscribe();
    const back = listen(generate$);
    const call = await last();
    call.open();
    call.send(frame('a', 'submitted') + frame('a', 'failed'));
    await settle();
    expect(back.heard).toEqual(['submitted', 'failed', 'done']);
    expect(calls).toHaveLength(1);
  });

  it('a doubt that nobody heard of is kept', async () => {
    const { source, calls, last } = scriptSource();
    const generate$ = source.generate$('p');
    listen(generate$).subscription.unsubscribe();
    (await last()).fail(networkError('ECONNRESET'));
    await settle();
    expect(listen(generate$).heard).toEqual(['submit_unknown']);
    await settle();
    expect(calls).toHaveLength(1);
  });

  it('in a wait after a refusal it stops; coming back sends it', async () => {
    const { source, calls, clock, last } = scriptSource();
    const generate$ = source.generate$('p');
    const job = listen(generate$);
    (await last()).answer(503);
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

it('close() in a wait after a refusal is `closed`: nothing was accepted', async () => {
  const { source, clock, last } = scriptSource();
  const job = listen(source.generate$('p'));
  (await last()).answer(503);
  await settle();
  source.close();
  expect(job.heard).toEqual(['closed']);
  expect(clock.actions).toEqual([]);
});

describe('G2: the POST is sent again exactly when it provably was not accepted', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])('%s: again', async (code) => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    (await last()).fail(networkError(code));
    await clock.advance(1_000);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.method).toBe('POST');
    calls[1]?.open();
    calls[1]?.send(frame('a', 'submitted') + frame('a', 'completed'));
    await settle();
    expect(job.heard).toEqual(['submitted', 'completed', 'done']);
  });

  it.each([429, 503])('%i: again, after Retry-After', async (status) => {
    const { source, calls, clock, last } = scriptSource();
    listen(source.generate$('p'));
    (await last()).answer(status, { 'retry-after': '7' });
    await clock.advance(6_999);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
  });

  it.each([
    [{ code: 'rate_limited', status: 503 }],
    [{ code: 'rate_limited' }],
    [{ code: 'server_error', status: 503 }],
  ])('the problem %j in a stream that has begun: again', async (fields) => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    call.open();
    call.send(problem(fields));
    await clock.advance(2_000);
    expect(calls).toHaveLength(2);
    expect(call.aborted).toBe(true);
    expect(job.heard).toEqual([]);
  });

  it('ends with the code of the last refusal when there are too many', async () => {
    const { source, calls, clock } = scriptSource({ retry: { maxFailures: 3 } });
    const job = listen(source.generate$('p'));
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(10_000);
      calls[round]?.answer(429);
    }
    await clock.advance(100_000);
    expect(job.heard).toEqual(['rate_limited']);
    expect(job.error).toMatchObject({ prompt: 'p', status: 429 });
    expect(calls).toHaveLength(3);
  });

  it.each([
    [400, undefined, 'invalid_request'],
    [401, undefined, 'unauthorized'],
    [403, undefined, 'unauthorized'],
    [404, undefined, 'not_found'],
    [405, undefined, 'invalid_request'],
    [413, undefined, 'invalid_request'],
    [425, undefined, 'server_error'],
    [502, { code: 'unauthorized', status: 502 }, 'unauthorized'],
    [408, undefined, 'submit_unknown'],
    [500, undefined, 'submit_unknown'],
    [502, undefined, 'submit_unknown'],
    [502, { code: 'submit_unknown', status: 502, detail: 'Doubt.' }, 'submit_unknown'],
    [504, undefined, 'submit_unknown'],
    [307, undefined, 'submit_unknown'],
    [204, undefined, 'submit_unknown'],
    [200, { ok: true }, 'submit_unknown'],
  ])('%i %j: never again, %s', async (status, body, code) => {
    const { source, calls, clock, last } = scriptSource();
    const generate$ = source.generate$('p');
    const job = listen(generate$);
    (await last()).answer(status, {}, body);
    await clock.advance(100_000);
    expect(job.heard).toEqual([code]);
    expect(job.error).toMatchObject({ prompt: 'p', status });
    expect(calls).toHaveLength(1);
    const again = listen(generate$);
    await settle();
    // A doubt stays one; after a definite refusal the user may try anew.
    expect(again.heard).toEqual(code === 'submit_unknown' ? [code] : []);
    expect(calls).toHaveLength(code === 'submit_unknown' ? 1 : 2);
  });

  it.each([
    [
      'a reset',
      (call: { fail(error: unknown): void }) => {
        call.fail(networkError('ECONNRESET'));
      },
    ],
    [
      'an error that says nothing',
      (call: { fail(error: unknown): void }) => {
        call.fail(new TypeError('Failed to fetch'));
      },
    ],
  ])('%s: never again', async (_, fail) => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    fail(await last());
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submit_unknown']);
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['a cut', ''],
    ['end', end],
    ['a problem of the source', problem({ code: 'engine', status: 502 })],
    ['a problem with a passing fault', problem({ code: 'network', status: 502 })],
  ])('%s before the id is known: never again', async (_, text) => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    call.open();
    call.send(`:\n\n${text}`);
    await settle();
    if (text === '') call.end();
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submit_unknown']);
    expect(String(job.error)).toContain('charged');
    expect(calls).toHaveLength(1);
  });

  it('silence before the id is known: never again', async () => {
    const { source, calls, clock } = scriptSource();
    const job = listen(source.generate$('p'));
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submit_unknown']);
    expect(calls).toHaveLength(1);
  });

  it('a receipt as plain JSON is a receipt', async () => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    (await last()).answer(202, { 'content-type': 'application/json' }, { job_id: 'a', poll_url: '/jobs/a' });
    await clock.advance(1_000);
    expect(job.heard).toEqual(['submitted']);
    expect(calls.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });
});

describe('after the receipt', () => {
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
