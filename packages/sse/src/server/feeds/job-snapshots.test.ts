import { createWhisul, fixedSchedule, type JobState } from '@whisul-rx/core';
import { createJobsHandler } from '@whisul-rx/sse/server';
import { concat, NEVER, of, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { json, serve, stream } from '../../../test/ask-handler.js';
import { completed, FakeEngine, running, submitted } from '../../../test/fake-engine.js';
import { eventsOf, StreamReader } from '../../../test/read-stream.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gateway of a client whose API takes a while for each job, and when that was asked. */
function gatewayOfClient(finishedAfter: number) {
  const polls: number[] = [];
  const began = Date.now();
  const whisul = createWhisul({
    apiKey: 'any',
    schedule: fixedSchedule(5_000),
    transport: ({ method }) => {
      if (method === 'POST') return Promise.resolve(Response.json(submitted('a'), { status: 202 }));
      polls.push(Date.now() - began);
      const job = Date.now() - began < finishedAfter ? running('a') : completed('a');
      return Promise.resolve(Response.json(job));
    },
  });
  const handler = createJobsHandler(whisul, { authorize: 'public', generate: true });
  const post = () =>
    handler(new Request('http://app.example/jobs', { method: 'POST', headers: json, body: '{"prompt":"rain"}' }));
  const ask = async (path: string) => {
    const answer = handler(new Request(`http://app.example${path}`));
    // It is known at once, or 2 s later that it is not.
    await vi.advanceTimersByTimeAsync(0);
    return answer;
  };
  return { whisul, handler, polls, post, ask };
}

async function statusOf(response: Response): Promise<unknown> {
  const body = Object(await response.json());
  return Object(body.jobs?.[0] ?? body).status;
}

describe('the state of a job, asked for again and again', () => {
  it.each(['/jobs/a', '/jobs?job=a'])('goes on to its end as fast as the schedule allows: %s', async (path) => {
    const { whisul, handler, polls, ask } = gatewayOfClient(17_000);
    const seen: unknown[] = [];
    for (let asked = 0; asked < 50 && seen.at(-1) !== 'completed'; asked += 1) {
      seen.push(await statusOf(await ask(path)));
      await vi.advanceTimersByTimeAsync(500);
    }
    expect(new Set(seen)).toEqual(new Set(['running', 'completed']));
    expect(seen).toHaveLength(41);
    expect(polls).toEqual([0, 5_000, 10_000, 15_000, 20_000]);
    await handler.close();
    whisul.close();
  });

  it('goes on for those who ask less often than the job is followed for them', async () => {
    const { whisul, handler, ask } = gatewayOfClient(60_000);
    expect(await statusOf(await ask('/jobs/a'))).toBe('running');
    await vi.advanceTimersByTimeAsync(70_000);
    await ask('/jobs/a');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await statusOf(await ask('/jobs/a'))).toBe('completed');
    await handler.close();
    whisul.close();
  });

  it('is known in time although the API takes longer than the answer may', async () => {
    const engine = new FakeEngine();
    const handler = createJobsHandler(engine, { authorize: 'public' });
    const ask = () => handler(new Request('http://app.example/jobs/a'));
    const first = ask();
    await vi.advanceTimersByTimeAsync(2_000);
    expect((await first).status).toBe(504);
    const second = ask();
    engine.job('a').next(running('a'));
    expect((await second).status).toBe(200);
    // The poll that was under way is not given up in between.
    expect(engine.followed).toEqual(['a']);
    await handler.close();
  });
});

describe('the attention to a job', () => {
  it('ends 15 s after the last question, and with the job', async () => {
    const { engine, ask } = serve();
    engine.job('a').next(running('a'));
    await ask('GET', '/jobs/a');
    await vi.advanceTimersByTimeAsync(10_000);
    await ask('GET', '/jobs/a');
    await vi.advanceTimersByTimeAsync(14_999);
    expect(engine.live).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(engine.live).toBe(0);
    await ask('GET', '/jobs/a');
    engine.job('a').next(completed('a'));
    expect([engine.live, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('is one subscription together with the streams of that job', async () => {
    const { engine, ask } = serve();
    engine.job('a').next(running('a'));
    await ask('GET', '/jobs/a');
    const reader = new StreamReader(await ask('GET', '/jobs/a', stream));
    await ask('GET', '/jobs/a');
    expect(engine.followed).toEqual(['a']);
    await reader.cancel();
    expect(engine.live).toBe(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect([engine.live, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('is for 1,000 jobs at most', async () => {
    const { engine, ask } = serve();
    for (let first = 0; first < 1_100; first += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => `j${String(first + index)}`);
      for (const id of ids) engine.job(id).next(running(id));
      await ask('GET', `/jobs?${ids.map((id) => `job=${id}`).join('&')}`);
    }
    expect(engine.live).toBe(1_000);
    await ask('GET', '/jobs/j500');
    expect(engine.followed).toHaveLength(1_100);
    await ask('GET', '/jobs/j0');
    expect(engine.followed).toHaveLength(1_101);
  });

  it('ends with the handler; who waits is answered 503 at once, and close() waits for that', async () => {
    const { engine, handler, ask } = serve();
    const told: unknown[] = [];
    for (const path of ['/jobs/a', '/jobs?job=a&job=b']) {
      void ask('GET', path).then(({ status, headers }) => told.push(status, headers.has('retry-after')));
    }
    const closed = handler.close();
    await vi.advanceTimersByTimeAsync(0);
    await closed;
    expect(told).toEqual([503, true, 503, true]);
    expect([engine.live, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe('a job that was just submitted', () => {
  /** An engine that knows the job from its own submit, as core does. */
  const knowing = (...states: JobState[]) =>
    Object.assign(new FakeEngine(), { job$: (): Observable<JobState> => concat(of(...states), NEVER) });

  it.each(['/jobs/a', '/jobs?job=a'])('is `submitted` at once: %s', async (path) => {
    const handler = createJobsHandler(knowing(submitted('a')), { authorize: 'public' });
    const response = await handler(new Request(`http://app.example${path}`));
    expect([response.status, await statusOf(response)]).toEqual([200, 'submitted']);
  });

  it('is what its stream begins with', async () => {
    const handler = createJobsHandler(knowing(submitted('a'), completed('a')), { authorize: 'public' });
    const response = await handler(new Request('http://app.example/jobs/a', { headers: stream }));
    expect(await eventsOf(response)).toEqual(['a:submitted', 'a:completed', 'end']);
  });
});
