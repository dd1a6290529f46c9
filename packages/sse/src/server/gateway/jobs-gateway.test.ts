import { createWhisul, type TransportResponse } from '@whisul-rx/core';
import { createJobsHandler } from '@whisul-rx/sse/server';
import { firstValueFrom, NEVER, Subject } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { busyClient, json, serve, stream } from '../../../test/ask-handler.js';
import { running, submitted } from '../../../test/fake-engine.js';
import { StreamReader } from '../../../test/read-stream.js';
import { until } from '../../../test/until.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('an authorize that is stuck', () => {
  it('holds a place only as long as its client is there, and may fail later', async () => {
    const verdict$ = new Subject<boolean>();
    const authorize = vi.fn(() => firstValueFrom(verdict$));
    const { handler, ask } = serve({ authorize, maxConnections: 1 });
    const client = new AbortController();
    const left = handler(new Request('http://app.example/jobs/a', { headers: stream, signal: client.signal }));
    client.abort();
    expect((await left).status).toBe(499);
    const next = ask('GET', '/jobs/a');
    expect(authorize).toHaveBeenCalledTimes(2);
    verdict$.error(new Error('late'));
    expect((await next).status).toBe(500);
  });

  it.each([
    [{}, 503],
    [stream, 200],
  ])('does not hold up close(): %j is sent away', async (headers, status) => {
    const authorize = vi.fn(() => firstValueFrom(NEVER));
    const { handler, ask } = serve({ authorize });
    const answer = ask('GET', '/jobs/a', headers);
    expect(authorize).toHaveBeenCalledOnce();
    await handler.close();
    expect((await answer).status).toBe(status);
  });
});

describe('a full or closing handler', () => {
  it('counts a request once while it waits for its head', async () => {
    const { engine, ask } = serve({ generate: true, maxConnections: 2 });
    engine.job('a').next(running('a'));
    const answer = ask('POST', '/jobs', { ...json, ...stream }, '{"prompt":"x"}');
    await until(() => engine.live === 1);
    expect((await ask('GET', '/jobs/a')).status).toBe(200);
    engine.submits.next(submitted('b'));
    await (await answer).body?.cancel();
  });

  it.each(['full', 'closing'])('(%s) still stops a client that saw the end', async (why) => {
    const { handler, ask } = serve({ maxConnections: 0 });
    if (why === 'closing') await handler.close();
    expect((await ask('GET', '/jobs/a', { ...stream, 'last-event-id': 'end' })).status).toBe(204);
  });

  it.each([{}, stream])('(closing) withdraws what was provably not sent, %j: 503', async (accept) => {
    const { whisul, requests } = busyClient();
    const handler = createJobsHandler(whisul, { authorize: 'public', generate: true });
    const refused = new Promise((resolve) => whisul.events$.subscribe(({ type }) => type === 'retry' && resolve(type)));
    const init = { method: 'POST', headers: { ...json, ...accept }, body: '{"prompt":"x"}' };
    const answer = handler(new Request('http://app.example/jobs', init));
    await refused;
    await handler.close();
    const response = await answer;
    expect([response.status, await response.json()]).toMatchObject([503, { code: 'rate_limited' }]);
    expect(requests()).toBe(1);
    whisul.close();
  });

  it('(closing) waits for the answer of a submit that may have begun: its job is paid for', async () => {
    const answered = new Subject<TransportResponse>();
    const transport = vi.fn(() => firstValueFrom(answered));
    const whisul = createWhisul({ apiKey: 'any', transport });
    const handler = createJobsHandler(whisul, { authorize: 'public', generate: true });
    const init = { method: 'POST', headers: json, body: '{"prompt":"x"}' };
    const answer = handler(new Request('http://app.example/jobs', init));
    await until(() => transport.mock.calls.length === 1);
    setTimeout(() => {
      answered.next(Response.json(submitted('a'), { status: 202 }));
    });
    await handler.close();
    whisul.close();
    const response = await answer;
    expect([response.status, await response.json()]).toMatchObject([202, { job_id: 'a' }]);
  });

  it('(closing) says that a submit is in doubt after the head and before the job is known', async () => {
    vi.useFakeTimers();
    const { engine, handler, ask } = serve({ generate: true });
    const answer = ask('POST', '/jobs', { ...json, ...stream }, '{"prompt":"rain"}');
    await vi.advanceTimersByTimeAsync(2_000);
    const reader = new StreamReader(await answer);
    await reader.next();
    const problem = reader.event();
    await handler.close();
    expect(JSON.parse((await problem)?.data ?? '')).toMatchObject({ status: 502, code: 'submit_unknown' });
    expect((await reader.rest()).map(({ event }) => event)).toEqual(['end']);
    expect(engine.live).toBe(0);
  });

  it.each(['full', 'closing'])('(%s) sends streams away with a 200 and everything else with a 503', async (why) => {
    const { engine, handler, ask } = serve({ generate: true, ...(why === 'full' ? { maxConnections: 1 } : {}) });
    engine.job('a').next(running('a'));
    const open = new StreamReader(await ask('GET', '/jobs/a', stream));
    if (why === 'closing') await handler.close();
    const away = await ask('GET', '/jobs/a', stream);
    expect(away.status).toBe(200);
    const retry = Number(/^retry: (\d+)\n$/.exec(await away.text())?.[1]);
    expect(retry).toBeGreaterThanOrEqual(5_000);
    expect(retry).toBeLessThanOrEqual(15_000);
    for (const [method, headers, body] of [
      ['GET', {}],
      ['POST', json, '{"prompt":"x"}'],
      ['POST', { ...json, ...stream }, '{"prompt":"x"}'],
    ] as const) {
      const refused = await ask(method, method === 'GET' ? '/jobs/a' : '/jobs', headers, body);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(engine.prompts).toEqual([]);
    await open.cancel();
    if (why === 'full') expect((await ask('GET', '/jobs/a')).status).toBe(200);
  });
});
