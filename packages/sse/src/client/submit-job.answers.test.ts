import { retry } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { end, frame, problem, settle } from '../../test/scripted-fetch.js';
import { listen, scriptSource } from '../../test/scripted-source.js';

const networkError = (code: string): TypeError =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

/** Bodies that cannot be read piece by piece: node's, that of React Native, and none. */
const unstreamed: [string, unknown][] = [
  ['that is no web stream', { on: () => undefined }],
  ['that is undefined', undefined],
  ['that is null', null],
];

function unstream(body: unknown, text: string, type: string, status = 200): Response {
  const answer = new Response(text, { status, headers: { 'content-type': type } });
  return Object.defineProperty(answer, 'body', { value: body });
}

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

  it.each([[{ code: 'rate_limited', status: 503 }], [{ code: 'rate_limited' }]])(
    'the problem %j in a stream that has begun: again',
    async (fields) => {
      const { source, calls, clock, last } = scriptSource();
      const job = listen(source.generate$('p'));
      const call = await last();
      call.open();
      call.send(problem(fields));
      await clock.advance(2_000);
      expect(calls).toHaveLength(2);
      expect(call.aborted).toBe(true);
      expect(job.heard).toEqual([]);
    },
  );

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
    [400, { code: 'rate_limited' }, 'rate_limited'],
    [403, { code: 'engine' }, 'engine'],
    [404, { code: 'network' }, 'network'],
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
    [503, undefined, 'submit_unknown'],
    [503, { code: 'server_error', status: 503 }, 'submit_unknown'],
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
    await clock.advance(1_000);
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
    ['a problem of a proxy', problem({ code: 'server_error', status: 503 })],
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

  it.each([
    ['that is no web stream', { on: () => undefined }],
    ['that is missing', null],
  ])('a stream in a body %s: never again', async (_, body) => {
    let posts = 0;
    const { source, clock } = scriptSource({
      fetch: () => {
        posts += 1;
        const answer = new Response('', { headers: { 'content-type': 'text/event-stream' } });
        return Promise.resolve(Object.defineProperty(answer, 'body', { value: body }));
      },
    });
    const job = listen(source.generate$('p').pipe(retry(3)));
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submit_unknown']);
    expect(String(job.error)).toContain('cannot stream');
    expect(posts).toBe(1);
  });

  describe.each(unstreamed)('an answer with a body %s', (_, body) => {
    it('is a receipt where it is plain JSON', async () => {
      const receipt = () => unstream(body, '{"job_id":"a"}', 'application/json', 202);
      const { source } = scriptSource({ fetch: () => Promise.resolve(receipt()) });
      const job = listen(source.generate$('p'));
      await settle();
      expect(job.heard).toEqual(['submitted']);
      expect(job.states).toMatchObject([{ job_id: 'a', prompt: 'p', poll_url: '/jobs/a' }]);
    });

    it('is a refusal, also of a job that it names', async () => {
      const refusal = '{"code":"rate_limited","job_id":"a"}';
      const answer = () => unstream(body, refusal, 'application/problem+json', 503);
      const { source } = scriptSource({ fetch: () => Promise.resolve(answer()) });
      const job = listen(source.generate$('p'));
      await settle();
      expect(job.heard).toEqual(['submitted', 'rate_limited']);
    });

    it('is read to its end where it is a stream: the id is told, and all that follows', async () => {
      const begun = frame('a', 'submitted') + frame('a', 'running');
      const text = [begun, begun + frame('a', 'completed') + end];
      const { source } = scriptSource({
        fetch: () => Promise.resolve(unstream(body, text.shift() ?? '', 'text/event-stream')),
      });
      const cut = listen(source.generate$('p'));
      await settle();
      expect(cut.heard).toEqual(['submitted', 'running', 'invalid_response']);
      expect(cut.error).toMatchObject({ jobId: 'a' });
      const whole = listen(source.generate$('p'));
      await settle();
      expect(whole.heard).toEqual(['submitted', 'running', 'completed', 'done']);
    });
  });

  it('a receipt that does not say it is JSON is a receipt', async () => {
    const { source, last } = scriptSource();
    const job = listen(source.generate$('p'));
    (await last()).answer(202, { 'content-type': 'text/plain' }, { job_id: 'a', poll_url: '/jobs/a' });
    await settle();
    expect(job.heard).toEqual(['submitted']);
  });

  it('no stream is asked for where no answer can be one', async () => {
    const { Response } = globalThis;
    Object.assign(globalThis, { Response: Headers });
    onTestFinished(() => {
      Object.assign(globalThis, { Response });
    });
    const { source, last } = scriptSource();
    const job = listen(source.generate$('p'));
    const call = await last();
    expect(call.headers.get('accept')).toBe('application/json');
    Object.assign(globalThis, { Response });
    call.answer(202, { 'content-type': 'application/json' }, { job_id: 'a', poll_url: '/jobs/a' });
    await settle();
    expect(job.heard).toEqual(['submitted']);
  });

  it.each([
    ['a problem that would be sent again', problem({ code: 'rate_limited', status: 503, job_id: 'a' }), 'rate_limited'],
    ['a problem that would be a refusal', problem({ code: 'unauthorized', status: 502, job_id: 'a' }), 'unauthorized'],
    ['a state that cannot be read', 'id: a:completed\ndata: {"status":"comp\n\n', 'invalid_response'],
  ])('%s, but names the job: it was accepted', async (_, text, code) => {
    const { source, calls, clock, last } = scriptSource();
    const generate$ = source.generate$('p');
    const job = listen(generate$);
    const call = await last();
    call.open();
    call.send(text);
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submitted', code]);
    expect(job.error).toMatchObject({ jobId: 'a', lastState: { status: 'submitted', prompt: 'p' } });
    expect(call.aborted).toBe(true);
    expect(calls).toHaveLength(1);
    const again = listen(generate$);
    const follow = await last();
    expect([follow.method, follow.ids]).toEqual(['GET', ['a']]);
    follow.open();
    follow.send(frame('a', 'completed'));
    await settle();
    expect(again.heard).toEqual(['submitted', 'completed', 'done']);
  });

  it('an error status whose problem names the job: it was accepted', async () => {
    const { source, calls, clock, last } = scriptSource();
    const job = listen(source.generate$('p'));
    (await last()).answer(503, {}, { code: 'rate_limited', status: 503, job_id: 'a' });
    await clock.advance(100_000);
    expect(job.heard).toEqual(['submitted', 'rate_limited']);
    expect(job.error).toMatchObject({ jobId: 'a' });
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['401', 401, {}],
    ['a Retry-After that is too long', 503, { 'retry-after': '99999' }],
  ])('retry() after %s is no hot loop', async (_, status, headers) => {
    const { source, calls, clock, last } = scriptSource({ retry: { maxRetryAfter: 60_000 } });
    const wait = status === 503 ? 60_000 : 1_000;
    listen(source.generate$('p').pipe(retry()));
    (await last()).answer(status, headers);
    await clock.advance(wait - 1);
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(calls).toHaveLength(2);
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
