import { WhisulError } from '@whisul-rx/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { json, serve, stream } from '../../../test/ask-handler.js';
import { completed, running, submitted } from '../../../test/fake-engine.js';
import { eventsOf, StreamReader } from '../../../test/read-stream.js';
import { until } from '../../../test/until.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('requests that are refused', () => {
  it.each([
    ['GET', '/', {}, 404, null],
    ['GET', '/other/a', {}, 404, null],
    ['GET', '/jobs/a/b', {}, 404, null],
    ['GET', '/jobsx', {}, 404, null],
    ['OPTIONS', '/other', {}, 404, null],
    ['PUT', '/jobs/a', {}, 405, 'GET, HEAD, OPTIONS'],
    ['DELETE', '/jobs', {}, 405, 'GET, HEAD, OPTIONS'],
    ['POST', '/jobs', json, 405, 'GET, HEAD, OPTIONS'],
    ['POST', '/jobs/a', json, 405, 'GET, HEAD, OPTIONS'],
    ['GET', '/jobs/a', { accept: 'text/html' }, 406, null],
    ['GET', '/jobs/a', { accept: 'text/event-stream;q=0' }, 406, null],
    ['GET', '/jobs', stream, 400, null],
    ['GET', '/jobs/', stream, 400, null],
    ['GET', '/jobs?job=', stream, 400, null],
    ['GET', '/jobs?job=..', stream, 400, null],
    ['GET', '/jobs/%zz', stream, 400, null],
    ['GET', '/jobs/%E0%A4%A', stream, 400, null],
    ['GET', '/jobs/a%0Ab', stream, 400, null],
    ['GET', '/jobs/a%00', stream, 400, null],
    ['GET', `/jobs/${'x'.repeat(201)}`, stream, 400, null],
    ['GET', `/jobs?${Array.from({ length: 101 }, (_, index) => `job=${String(index)}`).join('&')}`, stream, 400, null],
  ])('%s %s %j: %i', async (method, path, headers: Record<string, string>, status, allow) => {
    const { engine, ask } = serve();
    const response = await ask(method, path, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('allow')).toBe(allow);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('vary')).toBe('Accept');
    expect(await response.json()).toMatchObject({ type: 'about:blank', status });
    expect(engine.followed).toEqual([]);
  });

  it('takes as many jobs as it says, and ids of 200 characters', async () => {
    const { engine, ask } = serve({ maxJobsPerStream: 2 });
    for (const id of ['x'.repeat(200), '😀'.repeat(200)]) {
      engine.job(id).next(running(id));
      expect((await ask('GET', `/jobs/${encodeURIComponent(id)}`)).status).toBe(200);
    }
    expect((await ask('GET', `/jobs/${encodeURIComponent('😀'.repeat(201))}`)).status).toBe(400);
    expect((await ask('HEAD', '/jobs?job=a&job=b', stream)).status).toBe(200);
    expect((await ask('GET', '/jobs?job=a&job=b&job=c', stream)).status).toBe(400);
  });
});

describe('authorize', () => {
  it.each([[false], [[]], [['other']], [undefined], ['yes'], [{}], [1]])(
    '%j is a 403, and the source is not asked',
    async (verdict) => {
      // @ts-expect-error -- what callers without types can return
      const { engine, ask } = serve({ authorize: () => Promise.resolve(verdict) });
      for (const headers of [stream, {}]) {
        const response = await ask('GET', '/jobs/a', headers);
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: 'unauthorized', job_id: 'a' });
      }
      expect(await (await ask('GET', '/jobs?job=a&job=b')).json()).not.toHaveProperty('job_id');
      expect(engine.followed).toEqual([]);
    },
  );

  it('is a 500 without a word of it when it throws', async () => {
    const { ask } = serve({
      authorize: () => {
        throw new Error('password of the database');
      },
    });
    const response = await ask('GET', '/jobs/a', stream);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('password');
  });

  it('is asked before a client that says it saw the end is believed', async () => {
    const { ask } = serve({ authorize: (_, ids) => ids.includes('a') });
    for (const method of ['GET', 'HEAD']) {
      const statuses = ['/jobs/a', '/jobs/b'].map(
        async (path) => (await ask(method, path, { ...stream, 'last-event-id': 'end' })).status,
      );
      expect(await Promise.all(statuses)).toEqual([204, 403]);
    }
  });

  it('sees the very request', async () => {
    const authorize = vi.fn(() => true);
    const { handler, engine } = serve({ authorize });
    engine.job('a').next(completed('a'));
    const request = new Request('http://app.example/jobs/a', { headers: { authorization: 'Bearer x' } });
    await handler(request);
    expect(authorize).toHaveBeenCalledWith(request, ['a']);
  });

  it('leaves nothing behind when the client goes meanwhile', async () => {
    const client = new AbortController();
    const { handler, engine } = serve({
      authorize: () => {
        client.abort();
        return Promise.resolve(true);
      },
    });
    await handler(new Request('http://app.example/jobs/a', { headers: stream, signal: client.signal }));
    expect(engine.followed).toEqual([]);
  });
});

describe('a client that saw the end', () => {
  it.each(['/jobs/a?lastEventId=end', '/jobs?job=a&lastEventId=end', '/jobs?lastEventId=end&job=a'])(
    'may say so in the query, as polyfills do: %s',
    async (path) => {
      const { engine, ask } = serve();
      engine.job('a').next(completed('a'));
      const response = await ask('GET', path, stream);
      expect(response.status).toBe(204);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect((await ask('GET', path)).status).toBe(200);
    },
  );

  it('is only one that says so; the header counts first, and the option before both', async () => {
    const path = '/jobs/a?lastEventId=end';
    const { engine, ask } = serve();
    engine.job('a').next(completed('a'));
    expect((await ask('GET', '/jobs/a?lastEventId=a:running', stream)).status).toBe(200);
    expect((await ask('GET', path, { ...stream, 'last-event-id': 'a:running' })).status).toBe(200);
    const ignoring = serve({ lastEventId: null });
    ignoring.engine.job('a').next(completed('a'));
    expect((await ignoring.ask('GET', path, stream)).status).toBe(200);
  });

  it('does not name a job with it', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/jobs?lastEventId=a', stream)).status).toBe(400);
  });
});

describe('a URL of megabytes', () => {
  it.each([
    ['parameters', `/jobs?${'job=a&'.repeat(800_000)}`],
    ['empty parameters', `/jobs?job=a${'&'.repeat(5_000_000)}`],
    ['one parameter', `/jobs?job=${'%61'.repeat(1_700_000)}`],
    ['one path', `/jobs/${'%61'.repeat(1_700_000)}`],
  ])('is refused before it is taken apart: %s', async (_, path) => {
    const { engine, ask } = serve();
    const parsed = vi.spyOn(URLSearchParams.prototype, 'getAll');
    const response = await ask('GET', path, stream);
    expect(response.status).toBe(400);
    if (path.includes('?')) expect(parsed).not.toHaveBeenCalled();
    parsed.mockRestore();
    expect(engine.followed).toEqual([]);
  });

  it('is none that is as long as the longest ids make it', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => encodeURIComponent('😀'.repeat(197) + String(100 + index)));
    const { ask } = serve();
    expect((await ask('HEAD', `/jobs?${ids.map((id) => `job=${id}`).join('&')}`, stream)).status).toBe(200);
  });
});

describe('HEAD and OPTIONS', () => {
  it('HEAD has the headers, after authorize, without asking the source', async () => {
    const { engine, ask } = serve({ authorize: (_, ids) => ids.includes('a') });
    const response = await ask('HEAD', '/jobs/a', stream);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.body).toBeNull();
    expect((await ask('HEAD', '/jobs/a')).headers.get('content-type')).toBe('application/json');
    const refused = await ask('HEAD', '/jobs/b', stream);
    expect([refused.status, refused.body]).toEqual([403, null]);
    expect(engine.followed).toEqual([]);
  });

  it('OPTIONS without cors says what is allowed', async () => {
    const response = await serve({ generate: true }).ask('OPTIONS', '/jobs', { origin: 'https://a.example' });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toEqual({
      allow: 'GET, HEAD, OPTIONS, POST',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      vary: 'Accept',
    });
  });

  it('answers a preflight, and lets the page read answers and errors', async () => {
    const { engine, ask } = serve({ cors: { origin: ['https://a.example'], credentials: true } });
    const origin = { origin: 'https://a.example' };
    const preflight = await ask('OPTIONS', '/jobs/a', origin);
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, OPTIONS',
      'access-control-allow-headers': 'authorization, content-type, last-event-id',
      vary: 'Accept, Origin',
    });
    engine.job('a').next(running('a'));
    for (const path of ['/jobs/a', '/nothing']) {
      const response = await ask('GET', path, origin);
      expect(response.headers.get('access-control-allow-origin')).toBe('https://a.example');
      expect(response.headers.get('vary')).toBe('Accept, Origin');
    }
    const stranger = await ask('GET', '/jobs/a', { origin: 'https://b.example' });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    expect(stranger.headers.get('vary')).toBe('Accept, Origin');
  });

  it('lets pages send the headers of `cors.headers`, too', async () => {
    const { ask } = serve({ cors: { origin: 'https://a.example', headers: ['x-csrf-token', 'X-Tenant'] } });
    const preflight = await ask('OPTIONS', '/jobs/a', { origin: 'https://a.example' });
    const allowed = preflight.headers.get('access-control-allow-headers');
    expect(allowed).toBe('authorization, content-type, last-event-id, x-csrf-token, X-Tenant');
  });

  it('allows any origin with *', async () => {
    const { engine, ask } = serve({ cors: { origin: '*' } });
    engine.job('a').next(running('a'));
    const response = await ask('GET', '/jobs/a', { origin: 'https://b.example' });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-expose-headers')).toBe('retry-after');
  });
});

describe('POST', () => {
  it('starts a job and says where it is', async () => {
    const { engine, ask } = serve({ generate: true });
    const answer = ask('POST', '/jobs', json, '{"prompt":"rain"}');
    await until(() => engine.live === 1);
    engine.submits.next(submitted('a b'));
    const response = await answer;
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ job_id: 'a b', poll_url: '/jobs/a%20b', events_url: '/jobs/a%20b' });
    expect(engine.prompts).toEqual([{ prompt: 'rain' }]);
    expect(engine.live).toBe(0);
  });

  it('streams from `submitted` on when a stream is accepted', async () => {
    const { engine, ask } = serve({ generate: true });
    const answer = ask('POST', '/jobs', { ...json, ...stream }, '{"prompt":"rain"}');
    await until(() => engine.live === 1);
    engine.submits.next(submitted('a'));
    const reader = new StreamReader(await answer);
    expect((await reader.event())?.id).toBe('a:submitted');
    engine.submits.next(completed('a'));
    expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);
    expect(engine.live).toBe(0);
  });

  it.each([
    ['text/plain', '{"prompt":"x"}', 415],
    ['application/x-www-form-urlencoded', 'prompt=x', 415],
    ['application/json', '{"prompt":', 400],
    ['application/json', '', 400],
    ['application/json', 'null', 400],
    ['application/json', '{"prompt":" \\n"}', 400],
    ['application/json', '{"prompt":7}', 400],
    ['application/json; charset=utf-8', JSON.stringify({ prompt: 'x'.repeat(64 * 1_024) }), 413],
  ])('%s %s: %i, and the engine is not asked', async (type, body, status) => {
    const { engine, ask } = serve({ generate: true });
    const response = await ask('POST', '/jobs', { 'content-type': type }, body.slice(0, 70_000));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ status, code: 'invalid_request' });
    expect(engine.prompts).toEqual([]);
  });

  it.each(['read', 'being read'])('says so when its body was read before: %s', async (how) => {
    const { engine, handler } = serve({ generate: true });
    const request = new Request('http://app.example/jobs', {
      method: 'POST',
      headers: json,
      body: '{"prompt":"rain"}',
    });
    if (how === 'read') await request.json();
    else request.body?.getReader();
    const response = await handler(request);
    const problem: unknown = await response.json();
    expect([response.status, problem]).toMatchObject([
      400,
      { detail: expect.stringMatching(/was read before.*clone\(\)/) },
    ]);
    expect(engine.prompts).toEqual([]);
  });

  it('needs a clear yes of authorize, which may read the body too', async () => {
    const bodies: unknown[] = [];
    const allowed = serve({
      generate: true,
      authorize: async (request, ids) => {
        bodies.push(ids, await request.json());
        return true;
      },
    });
    const answer = allowed.ask('POST', '/jobs', json, '{"prompt":"rain"}');
    await until(() => allowed.engine.live === 1);
    allowed.engine.submits.next(submitted('a'));
    expect((await answer).status).toBe(202);
    expect(bodies).toEqual([[], { prompt: 'rain' }]);
    const listed = serve({ generate: true, authorize: (_, ids) => ids });
    expect((await listed.ask('POST', '/jobs', json, '{"prompt":"rain"}')).status).toBe(403);
    expect(listed.engine.prompts).toEqual([]);
  });

  it.each([
    ['submit_unknown', 502, null],
    ['unauthorized', 502, null],
    ['network', 502, null],
    ['not_found', 502, null],
    ['rate_limited', 503, '60'],
    ['invalid_request', 400, null],
  ] as const)('turns %s into %i in both forms', async (code, status, retryAfter) => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const { engine, ask } = serve({ generate: true });
      const answer = ask('POST', '/jobs', { ...json, accept }, '{"prompt":"rain"}');
      await until(() => engine.live === 1);
      const wait = retryAfter === null ? {} : { retryAfter: 60_000 };
      engine.submits.error(new WhisulError(code, 'No.', { ...wait, prompt: 'rain', cause: new Error('secret') }));
      const response = await answer;
      expect(response.status).toBe(status);
      expect(response.headers.get('retry-after')).toBe(retryAfter);
      const problem = await response.text();
      expect(JSON.parse(problem)).toMatchObject({ status, code });
      expect(problem, 'what the API may have said').not.toContain('No.');
    }
  });

  it.each([
    ['not_found', /no job was started/],
    ['rate_limited', /send it again/],
    ['network', /^Whether a job was started/],
    ['submit_unknown', /charged/],
  ] as const)('says of %s what it means for a submit, until there is a job', async (code, sentence) => {
    const { engine, ask } = serve({ generate: true });
    const refused = ask('POST', '/jobs', json, '{"prompt":"rain"}');
    await until(() => engine.live === 1);
    engine.submits.error(new WhisulError(code, 'No.'));
    const problem: unknown = await (await refused).json();
    expect(problem).toMatchObject({ code, detail: expect.stringMatching(sentence) });
    expect(problem).not.toHaveProperty('job_id');
  });

  it('tells what happens to the job it has started as of any other job', async () => {
    const { engine, ask } = serve({ generate: true });
    const answer = ask('POST', '/jobs', { ...json, ...stream }, '{"prompt":"rain"}');
    await until(() => engine.live === 1);
    engine.submits.next(submitted('a'));
    const reader = new StreamReader(await answer);
    await reader.event();
    engine.submits.error(new Error('secret'));
    const problem = JSON.parse((await reader.event())?.data ?? '');
    expect(problem).toMatchObject({ code: 'engine', job_id: 'a', detail: expect.stringContaining('still be running') });
  });

  it('tells a problem when the engine ends before the job it has started, as GET does', async () => {
    const { engine, ask } = serve({ generate: true });
    const answer = ask('POST', '/jobs', { ...json, ...stream }, '{"prompt":"rain"}');
    await until(() => engine.live === 1);
    engine.submits.next(submitted('a'));
    engine.submits.complete();
    const parts = (await new StreamReader(await answer).rest()).filter(({ data }) => data !== undefined);
    expect(parts.map(({ event, id }) => event ?? id)).toEqual(['a:submitted', 'problem', 'end']);
    expect(JSON.parse(parts[1]?.data ?? '')).toMatchObject({ status: 502, code: 'engine', job_id: 'a' });
  });

  it('sends the head of a stream after 2 s, and a late refusal as a problem', async () => {
    vi.useFakeTimers();
    const { engine, ask } = serve({ generate: true });
    const answer = ask('POST', '/jobs', { ...json, ...stream }, '{"prompt":"rain"}');
    await vi.advanceTimersByTimeAsync(2_000);
    const response = await answer;
    expect(response.status).toBe(200);
    const events = eventsOf(response);
    await vi.advanceTimersByTimeAsync(1);
    engine.submits.error(new WhisulError('submit_unknown', 'It may have been charged.'));
    await vi.advanceTimersByTimeAsync(1);
    expect(await events).toEqual(['problem', 'end']);
  });

  it('lets go of the engine when the client has left and the job is known: it may be paid for', async () => {
    const client = new AbortController();
    const { handler, engine } = serve({ generate: true });
    const init = { method: 'POST', headers: json, body: '{"prompt":"rain"}', signal: client.signal };
    const answer = handler(new Request('http://app.example/jobs', init));
    await until(() => engine.live === 1);
    client.abort();
    expect((await answer).status).toBe(499);
    expect(engine.live).toBe(1);
    engine.submits.next(submitted('a'));
    expect(engine.live).toBe(0);
  });
});
