import { WhisulError } from '@whisul-rx/core';
import { createJobsHandler, type JobsHandlerOptions } from '@whisul-rx/sse/server';
import { EMPTY, NEVER, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { completed, FakeEngine, running } from '../../test/fake-engine.js';
import { eventsOf, StreamReader } from '../../test/read-stream.js';

const stream = { accept: 'text/event-stream' };
const url = (path: string): string => `http://app.example${path}`;

function serve(options: Partial<JobsHandlerOptions> = {}) {
  const engine = new FakeEngine();
  const handler = createJobsHandler(engine, { authorize: 'public', ...options });
  const get = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
    handler(new Request(url(path), { headers, ...init }));
  return { engine, handler, get };
}

async function problemOf(response: Response): Promise<unknown> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  return response.json();
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a stream of one job', () => {
  it('has the head of an event stream, then retry and heartbeat, states, end', async () => {
    const { engine, get } = serve({ heartbeat: 8_000, retry: 2_000 });
    engine.job('a').next(running('a'));
    const response = await get('/jobs/a', stream);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      vary: 'Accept',
    });
    const reader = new StreamReader(response);
    expect(await reader.next()).toEqual({ retry: 2_000 });
    expect(await reader.next()).toEqual({ comment: 'heartbeat=8000' });
    expect(await reader.next()).toEqual({ event: undefined, id: 'a:running', data: JSON.stringify(running('a')) });
    const next = reader.next();
    engine.job('a').next(completed('a'));
    expect(await next).toEqual({ event: undefined, id: 'a:completed', data: JSON.stringify(completed('a')) });
    expect(await reader.rest()).toEqual([{ event: 'end', id: 'end', data: '{}' }]);
    expect(engine.live).toBe(0);
  });

  it('ends after the terminal state, also when the source does not', async () => {
    const { engine, get } = serve();
    engine.job('a').next(completed('a'));
    expect(await eventsOf(await get('/jobs/a', stream))).toEqual(['a:completed', 'end']);
    expect(engine.live).toBe(0);
  });

  it('loses no transition of a source that tells all at once', async () => {
    const handler = createJobsHandler({ job$: () => of(running('a'), completed('a')) }, { authorize: 'public' });
    const response = await handler(new Request(url('/jobs/a'), { headers: stream }));
    expect(await eventsOf(response)).toEqual(['a:running', 'a:completed', 'end']);
  });

  it('is one subscription of the source for any number of viewers, each begins with the current state', async () => {
    const { engine, get } = serve();
    engine.job('a').next(running('a'));
    const readers = await Promise.all(
      Array.from({ length: 20 }, async () => new StreamReader(await get('/jobs/a', stream))),
    );
    expect(engine.followed).toEqual(['a']);
    for (const reader of readers) expect((await reader.event())?.id).toBe('a:running');
    await Promise.all(readers.slice(1).map((reader) => reader.cancel()));
    expect(engine.live).toBe(1);
    await readers[0]?.cancel();
    expect(engine.live).toBe(0);
  });

  it('answers 404 when the job is not found before any state', async () => {
    const { engine, get } = serve();
    engine.job('a').error(new WhisulError('not_found', 'There is no such job.', { jobId: 'a' }));
    const response = await get('/jobs/a', stream);
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ status: 404, code: 'not_found', job_id: 'a' });
  });

  it.each(['server_error', 'unauthorized', 'rate_limited', 'job_timeout'] as const)(
    'tells any other error (%s) as a problem event under a 200',
    async (code) => {
      const { engine, get } = serve();
      engine.job('a').error(new WhisulError(code, 'It went wrong.', { jobId: 'a', cause: new Error('secret') }));
      const response = await get('/jobs/a', stream);
      expect(response.status).toBe(200);
      const parts = await new StreamReader(response).rest();
      expect(parts.map(({ event }) => event).filter(Boolean)).toEqual(['problem', 'end']);
      expect(JSON.parse(parts[2]?.data ?? '')).toMatchObject({ code, job_id: 'a' });
      // Neither the cause nor the message, which may repeat what the API said.
      expect(JSON.stringify(parts)).not.toMatch(/secret|It went wrong/);
    },
  );

  it.each([
    ['an error that is not ours', () => throwError(() => new Error('key sk-123 at /srv/app.js'))],
    [
      'a source that throws',
      () => {
        throw new Error('key sk-123');
      },
    ],
    ['a state that has no JSON form', () => of(running('a', { big: 1n }))],
    ['a source that ends too early', () => EMPTY],
  ])('tells %s as `engine`, with nothing of it', async (_, job$) => {
    const handler = createJobsHandler({ job$ }, { authorize: 'public' });
    const text = await (await handler(new Request(url('/jobs/a'), { headers: stream }))).text();
    expect(text).toContain('event: problem');
    expect(text).toContain('"code":"engine"');
    expect(text).not.toMatch(/sk-123|srv/);
    expect(text).toMatch(/event: end\nid: end\ndata: \{\}\n\n$/);
  });

  it('sends the head after 2 s of nothing, and heartbeats while nothing is said, never early', async () => {
    vi.useFakeTimers();
    const { engine, get } = serve({ heartbeat: 1_000 });
    const answer = get('/jobs/a', stream);
    const early = vi.fn();
    void answer.then(early);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(early).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    const reader = new StreamReader(await answer);
    expect(await reader.next()).toEqual({ retry: 2_000 });
    expect(await reader.next()).toEqual({ comment: 'heartbeat=1000' });
    // What is said last, and when, within an eighth of the period.
    for (const say of [0, 1, 60, 124].map((ms) => async () => vi.advanceTimersByTimeAsync(ms))) {
      await say();
      engine.job('a').next(running('a', { said: vi.getMockedSystemTime() }));
      expect((await reader.event())?.id).toBe('a:running');
      const beaten = vi.fn();
      const beat = reader.next().finally(beaten);
      await vi.advanceTimersByTimeAsync(999);
      expect(beaten).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(126);
      expect(await beat).toEqual({ comment: '' });
    }
    await reader.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops a client that saw the end, and gives a newcomer the result', async () => {
    const { engine, get } = serve();
    engine.job('a').next(completed('a'));
    const again = await get('/jobs/a', { ...stream, 'last-event-id': 'end' });
    expect(again.status).toBe(204);
    expect(engine.followed).toEqual([]);
    expect((await get('/jobs/a', { ...stream, 'last-event-id': 'a:running' })).status).toBe(200);
  });

  it('follows the id itself, not a path that hides in it', async () => {
    const { engine, get } = serve();
    engine.job('/jobs/b').next(completed('/jobs/b'));
    await (await get('/jobs/%2Fjobs%2Fb', stream)).text();
    expect(engine.followed).toEqual([{ job_id: '/jobs/b' }]);
  });
});

describe('a stream of many jobs', () => {
  it('carries them all and ends after the last; an error ends only its job', async () => {
    const { engine, get } = serve();
    engine.job('a').next(running('a'));
    const reader = new StreamReader(await get('/jobs?job=a&job=b&job=c&job=a', stream));
    expect(engine.followed).toEqual(['a', 'b', 'c']);
    expect((await reader.event())?.id).toBe('a:running');
    engine.job('b').error(new WhisulError('not_found', 'There is no such job.', { jobId: 'b' }));
    expect(await reader.event()).toMatchObject({ event: 'problem' });
    engine.job('c').next(completed('c'));
    expect((await reader.event())?.id).toBe('c:completed');
    engine.job('a').next(completed('a'));
    expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);
    expect(engine.live).toBe(0);
  });

  it('gives those that authorize left out a problem, and asks the source only for the others', async () => {
    const asked = vi.fn((_: Request, ids: string[]) => ids.filter((id) => id !== 'b'));
    const { engine, get } = serve({ authorize: asked });
    engine.job('a').next(completed('a'));
    const parts = await new StreamReader(await get('/jobs?job=a&job=b', stream)).rest();
    expect(asked.mock.calls[0]?.[1]).toEqual(['a', 'b']);
    expect(engine.followed).toEqual(['a']);
    const problem = parts.find(({ event }) => event === 'problem');
    expect(JSON.parse(problem?.data ?? '')).toMatchObject({ code: 'unauthorized', job_id: 'b', status: 403 });
    expect(parts.at(-1)?.event).toBe('end');
  });
});

describe('the current state as JSON', () => {
  it.each(['application/json', '*/*', ''])('is given for Accept: %s', async (accept) => {
    const { engine, get } = serve();
    engine.job('a').next(running('a'));
    const response = await get('/jobs/a', accept === '' ? {} : { accept });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('vary')).toBe('Accept');
    expect(await response.json()).toEqual(running('a'));
  });

  it('is a list for several jobs: each its state or its problem, in the order of the request', async () => {
    const { engine, get } = serve({ authorize: (_, ids) => ids.filter((id) => id !== 'c') });
    engine.job('a').next(running('a'));
    engine.job('b').error(new WhisulError('server_error', 'Whisul answered 500.', { jobId: 'b' }));
    const response = await get('/jobs?job=b&job=a&job=c', { accept: 'application/json' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      jobs: [{ code: 'server_error', job_id: 'b' }, running('a'), { code: 'unauthorized', job_id: 'c' }],
    });
  });

  it.each([
    ['not_found', 404, null],
    ['rate_limited', 503, '7'],
    ['unauthorized', 502, null],
    ['network', 502, null],
  ] as const)('turns %s into %i', async (code, status, retryAfter) => {
    const { engine, get } = serve();
    engine.job('a').error(new WhisulError(code, 'No.', { jobId: 'a', ...(retryAfter ? { retryAfter: 6_200 } : {}) }));
    const response = await get('/jobs/a');
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await problemOf(response)).toMatchObject({ type: 'about:blank', status, code, job_id: 'a' });
  });

  it('is 504 when no state is known after 2 s', async () => {
    vi.useFakeTimers();
    const { get } = serve();
    const answer = get('/jobs/a');
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await answer).status).toBe(504);
  });
});

describe('a handler', () => {
  it('cannot be made without authorize, or with options that cannot be served', () => {
    const engine = new FakeEngine();
    // @ts-expect-error -- what callers without types can do
    expect(() => createJobsHandler(engine, {})).toThrow(/`authorize`/);
    // @ts-expect-error -- as above
    expect(() => createJobsHandler(engine)).toThrow(WhisulError);
    expect(() => createJobsHandler({ job$: () => NEVER }, { authorize: 'public', generate: true })).toThrow(
      /`generate`/,
    );
    expect(() => createJobsHandler(engine, { authorize: 'public', heartbeat: NaN })).toThrow(/`heartbeat`/);
    expect(() => createJobsHandler(engine, { authorize: 'public', retry: -1 })).toThrow(/`retry`/);
    const cors = { origin: '*', credentials: true };
    expect(() => createJobsHandler(engine, { authorize: 'public', cors })).toThrow(/`cors.origin`/);
  });
});
