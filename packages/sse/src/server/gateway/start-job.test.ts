import type { SubmittedJob } from '@whisul-rx/core';
import { firstValueFrom, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { json, serve, stream } from '../../../test/ask-handler.js';
import { completed, running, submitted } from '../../../test/fake-engine.js';
import { StreamReader } from '../../../test/read-stream.js';

const forms = [
  ['JSON', json],
  ['a stream', { ...json, ...stream }],
] as const;
const rain = '{"prompt":"rain"}';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('onSubmitted', () => {
  it.each(forms)(
    'is told whose job it is before the client is, with the request of authorize: %s',
    async (_, headers) => {
      const noted$ = new Subject<void>();
      const requests: Request[] = [];
      const jobs: SubmittedJob[] = [];
      const { engine, ask } = serve({
        generate: true,
        authorize: (request) => requests.push(request) > 0,
        onSubmitted: (request, job) => {
          requests.push(request);
          jobs.push(job);
          return firstValueFrom(noted$);
        },
      });
      const answered = vi.fn();
      const answer = ask('POST', '/jobs', headers, rain).finally(answered);
      await vi.advanceTimersByTimeAsync(0);
      engine.submits.next(submitted('a'));
      await vi.advanceTimersByTimeAsync(1_000);
      expect(answered).not.toHaveBeenCalled();
      expect(jobs).toEqual([submitted('a')]);
      expect(requests[1]).toBe(requests[0]);
      noted$.next();
      const response = await answer;
      expect(response.status).toBe(headers === json ? 202 : 200);
      if (headers === json) return;
      const reader = new StreamReader(response);
      expect((await reader.event())?.id).toBe('a:submitted');
      engine.submits.next(completed('a'));
      expect((await reader.rest()).map(({ id }) => id)).toEqual(['a:completed', 'end']);
      expect(jobs).toHaveLength(1);
    },
  );

  it.each(forms)('is told of a job whose client has left: it is paid for. %s', async (_, headers) => {
    const onSubmitted = vi.fn();
    const client = new AbortController();
    const { engine, handler } = serve({ generate: true, onSubmitted });
    const init = { method: 'POST', headers, body: rain, signal: client.signal };
    void handler(new Request('http://app.example/jobs', init));
    await vi.advanceTimersByTimeAsync(0);
    client.abort();
    const closed = vi.fn();
    void handler.close().then(closed);
    await vi.advanceTimersByTimeAsync(5_000);
    // Ending the process after close() loses no paid job.
    expect(closed).not.toHaveBeenCalled();
    engine.submits.next(submitted('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(onSubmitted).toHaveBeenCalledOnce();
    expect(closed).toHaveBeenCalledOnce();
    expect([engine.live, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it.each(forms)('that fails or is stuck gives the id with a 500 that nobody sends again: %s', async (_, headers) => {
    const fail = vi.fn(() => Promise.reject(new Error('password of the database')));
    const hang = vi.fn(() => new Promise<void>(() => undefined));
    for (const onSubmitted of [fail, hang]) {
      const { engine, ask } = serve({ generate: true, onSubmitted });
      const answer = ask('POST', '/jobs', { ...headers }, rain);
      await vi.advanceTimersByTimeAsync(0);
      engine.submits.next(submitted('a'));
      // The head of a stream waits for 2 s; what comes later is a problem in it.
      await vi.advanceTimersByTimeAsync(10_000);
      const response = await answer;
      const text = await response.text();
      expect(response.status).toBe(onSubmitted === hang && headers !== json ? 200 : 500);
      expect(text).toContain('"code":"submit_unknown"');
      expect(text).toContain('"job_id":"a"');
      expect(text).not.toContain('password');
      expect(engine.live).toBe(0);
    }
  });

  it('is told of a job that does not begin with `submitted`, too', async () => {
    const onSubmitted = vi.fn();
    const { engine, ask } = serve({ generate: true, onSubmitted });
    const answer = ask('POST', '/jobs', json, rain);
    await vi.advanceTimersByTimeAsync(0);
    engine.submits.next(running('a'));
    expect((await answer).status).toBe(202);
    expect(onSubmitted.mock.calls[0]?.[1]).toMatchObject({ status: 'submitted', job_id: 'a', poll_url: '/jobs/a' });
  });
});

describe('maxSubmits', () => {
  it('bounds what is being started: one above is a 503 with Retry-After, and the engine is not asked', async () => {
    const { engine, ask } = serve({ generate: true, maxSubmits: 2 });
    const started = [ask('POST', '/jobs', json, rain), ask('POST', '/jobs', { ...json, ...stream }, rain)];
    await vi.advanceTimersByTimeAsync(0);
    for (const [, headers] of forms) {
      const refused = await ask('POST', '/jobs', headers, rain);
      expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'rate_limited' }]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(engine.prompts).toHaveLength(2);
    engine.submits.next(submitted('a'));
    await Promise.all(started);
    // The stream of the second is open still, but what it is of was started.
    void ask('POST', '/jobs', json, rain);
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.prompts).toHaveLength(3);
  });

  it('counts those whose clients have left, until it is known what became of them', async () => {
    const client = new AbortController();
    const { engine, handler, ask } = serve({ generate: true, maxSubmits: 1 });
    const init = { method: 'POST', headers: json, body: rain, signal: client.signal };
    void handler(new Request('http://app.example/jobs', init));
    await vi.advanceTimersByTimeAsync(0);
    client.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect((await ask('POST', '/jobs', json, rain)).status).toBe(503);
    engine.submits.next(submitted('a'));
    void ask('POST', '/jobs', json, rain);
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.prompts).toHaveLength(2);
  });

  it('is 32 unless it is given', async () => {
    const { engine, ask } = serve({ generate: true });
    for (let index = 0; index < 33; index += 1) void ask('POST', '/jobs', json, rain);
    await vi.advanceTimersByTimeAsync(0);
    expect(engine.prompts).toHaveLength(32);
  });
});
