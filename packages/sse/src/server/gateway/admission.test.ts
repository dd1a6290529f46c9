import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { json, serve, stream } from '../../../test/ask-handler.js';
import { running } from '../../../test/fake-engine.js';
import { StreamReader } from '../../../test/read-stream.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new Promise<boolean>(() => undefined);

describe('a place', () => {
  it.each([
    ['GET', '/jobs/a', {}, 503],
    ['GET', '/jobs/a', stream, 200],
    ['POST', '/jobs', json, 503],
  ])('is free again when authorize takes longer than 10 s: %s %s %j', async (method, path, headers, status) => {
    const authorize = vi.fn(() => never);
    const { engine, ask } = serve({ authorize, generate: true, maxConnections: 1 });
    const answer = ask(method, path, { ...headers }, method === 'POST' ? '{"prompt":"rain"}' : undefined);
    await vi.advanceTimersByTimeAsync(9_999);
    expect((await ask('GET', '/jobs/a')).status).toBe(503);
    await vi.advanceTimersByTimeAsync(1);
    expect((await answer).status).toBe(status);
    authorize.mockReturnValue(Promise.resolve(true));
    engine.job('a').next(running('a'));
    expect((await ask('GET', '/jobs/a')).status).toBe(200);
  });

  it('is free again when a body takes longer than 10 s, and nothing was started', async () => {
    const { engine, handler, ask } = serve({ generate: true, maxConnections: 1 });
    const cancelled = vi.fn();
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('{'));
      },
      cancel: cancelled,
    });
    const init = { method: 'POST', headers: json, body, duplex: 'half' };
    const answer = handler(new Request('http://app.example/jobs', init));
    await vi.advanceTimersByTimeAsync(10_000);
    const response = await answer;
    expect([response.status, await response.json()]).toMatchObject([408, { code: 'invalid_request' }]);
    expect(cancelled).toHaveBeenCalledOnce();
    expect(engine.prompts).toEqual([]);
    engine.job('a').next(running('a'));
    expect((await ask('GET', '/jobs/a')).status).toBe(200);
  });
});

describe('limitKey', () => {
  const limitKey = (request: Request) => request.headers.get('x-user') ?? undefined;

  it('keeps one user from taking all places', async () => {
    const { engine, ask } = serve({ limitKey, maxConnectionsPerKey: 2, maxConnections: 5 });
    engine.job('a').next(running('a'));
    const ann = { 'x-user': 'ann' };
    const open = await Promise.all([1, 2].map(() => ask('GET', '/jobs/a', { ...stream, ...ann })));
    const away = await ask('GET', '/jobs/a', { ...stream, ...ann });
    expect([away.status, await away.text()]).toEqual([200, expect.stringMatching(/^retry: \d+\n$/)]);
    expect((await ask('GET', '/jobs/a', ann)).status).toBe(503);
    expect((await ask('GET', '/jobs/a', { 'x-user': 'bob' })).status).toBe(200);
    expect((await ask('GET', '/jobs/a')).status).toBe(200);
    await open[0]?.body?.cancel();
    expect((await ask('GET', '/jobs/a', ann)).status).toBe(200);
    await open[1]?.body?.cancel();
  });

  it('counts a submit for its user until its outcome is known', async () => {
    const client = new AbortController();
    const { handler, ask } = serve({ limitKey, maxConnectionsPerKey: 1, generate: true });
    const headers = { ...json, 'x-user': 'ann' };
    const init = { method: 'POST', headers, body: '{"prompt":"rain"}', signal: client.signal };
    void handler(new Request('http://app.example/jobs', init));
    await vi.advanceTimersByTimeAsync(0);
    client.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect((await ask('POST', '/jobs', headers, '{"prompt":"rain"}')).status).toBe(503);
  });

  it('that throws, or gives no text, is a 500', async () => {
    const bad = [() => Promise.resolve('ann'), () => 5];
    const broken = () => {
      throw new Error('secret');
    };
    for (const limit of [...bad, broken]) {
      // @ts-expect-error -- what callers without types can do
      const { engine, ask } = serve({ limitKey: limit });
      const response = await ask('GET', '/jobs/a', stream);
      expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('secret')]);
      expect(engine.followed).toEqual([]);
    }
  });
});

describe('a verdict with `until`', () => {
  const served = (until: unknown) => {
    const authorize = vi.fn((_: Request, jobIds: string[]) => ({ jobIds: jobIds.filter((id) => id !== 'b'), until }));
    // @ts-expect-error -- what callers without types can return
    return serve({ authorize });
  };

  it('ends the streams of the request when it aborts, with one listener for all, and none afterwards', async () => {
    const session = new AbortController();
    const { engine, ask } = served(session.signal);
    for (const id of ['a', 'c']) engine.job(id).next(running(id));
    const readers = await Promise.all(
      Array.from({ length: 12 }, async () => new StreamReader(await ask('GET', '/jobs?job=a&job=b&job=c', stream))),
    );
    for (const reader of readers) await reader.next();
    expect(getEventListeners(session.signal, 'abort')).toHaveLength(1);
    await readers.pop()?.cancel();
    session.abort();
    for (const reader of readers) {
      const parts = await reader.rest();
      expect(parts.at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
      expect(parts.map(({ event }) => event)).not.toContain('end');
    }
    expect(engine.live).toBe(0);
    expect(getEventListeners(session.signal, 'abort')).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets go of it with the stream', async () => {
    const { signal } = new AbortController();
    const { engine, ask } = served(signal);
    engine.job('a').next(running('a'));
    const reader = new StreamReader(await ask('GET', '/jobs/a', stream));
    await reader.next();
    await reader.cancel();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('ends a wait for the state, and a stream whose head is not out', async () => {
    const session = new AbortController();
    const { ask } = served(session.signal);
    const [state, events] = [ask('GET', '/jobs/a'), ask('GET', '/jobs/a', stream)];
    await vi.advanceTimersByTimeAsync(0);
    session.abort();
    expect((await state).status).toBe(403);
    expect(await (await events).text()).toMatch(/^retry: \d+\n$/);
  });

  it('permits nothing when it has aborted, or no list is with it; one that is no signal is a 500', async () => {
    expect((await served(AbortSignal.abort()).ask('GET', '/jobs/a')).status).toBe(403);
    expect((await served({}).ask('GET', '/jobs/a')).status).toBe(500);
    // @ts-expect-error -- as above
    const { ask } = serve({ authorize: () => ({ jobIds: true }), generate: true });
    expect((await ask('GET', '/jobs/a')).status).toBe(403);
    expect((await served(undefined).ask('POST', '/jobs', json, '{"prompt":"rain"}')).status).toBe(405);
  });

  it('works without it, and never permits a POST', async () => {
    const { engine, ask } = serve({ authorize: (_, jobIds) => ({ jobIds }), generate: true });
    engine.job('a').next(running('a'));
    expect((await ask('GET', '/jobs/a')).status).toBe(200);
    expect((await ask('POST', '/jobs', json, '{"prompt":"rain"}')).status).toBe(403);
  });
});
