import { createWhisul } from '@whisul-rx/core';
import { describe, expect, it, vi } from 'vitest';
import { completed, completedBody, failed, hanging, running, runningBody, status } from './answers.js';
import { inTurn } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { statuses, watch } from './watch.js';

useVirtualTime();

describe('J1: each change of status once, in order', () => {
  it('emits running once over many polls, then the terminal state', async () => {
    const { api, whisul } = scriptedClient(
      inTurn(running, running, { body: { ...runningBody, started_at: undefined } }, completed),
    );
    const job = watch(whisul.job$('a'));
    await seconds(60);
    expect(statuses(job.values)).toEqual(['running', 'completed']);
    expect(job.completions).toBe(1);
    expect(api.times).toEqual([0, 5_000, 10_000, 15_000]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('emits a failed job as a value and completes', async () => {
    const { whisul } = scriptedClient(inTurn(failed));
    const job = watch(whisul.job$('a'));
    await seconds(1);
    expect(job.values).toMatchObject([
      { status: 'failed', job_id: 'a', error: 'Generation failed due to an internal error.' },
    ]);
    expect([job.completions, job.errors]).toEqual([1, []]);
  });

  it('completes in the turn of the terminal state', async () => {
    const { whisul } = scriptedClient(inTurn(completed));
    const log: string[] = [];
    whisul.job$('a').subscribe({
      next: ({ status }) => {
        log.push(status);
        queueMicrotask(() => log.push('next turn'));
      },
      complete: () => log.push('complete'),
    });
    await seconds(1);
    expect(log).toEqual(['completed', 'complete', 'next turn']);
  });

  it('reads the API: id added, times as ISO with Z, unknown fields kept', async () => {
    const { whisul } = scriptedClient(inTurn({ body: { ...completedBody, extra: { deep: 1 } } }));
    const job = watch(whisul.job$('a b'));
    await seconds(1);
    expect(job.values).toEqual([
      {
        ...completedBody,
        job_id: 'a b',
        started_at: '2026-02-17T15:39:34.000Z',
        finished_at: '2026-02-17T15:41:12.000Z',
        extra: { deep: 1 },
      },
    ]);
  });
});

describe('J2: an error means that the outcome could not be determined', () => {
  it('is a WhisulError with jobId and lastState, and says that the job may still be running', async () => {
    const { whisul } = scriptedClient(inTurn(running, status(401)));
    const job = watch(whisul.job$('a'));
    await seconds(30);
    expect(job.error).toMatchObject({
      code: 'unauthorized',
      jobId: 'a',
      status: 401,
      lastState: { status: 'running', job_id: 'a' },
    });
    expect(job.error.message).toMatch(/may still be running/);
  });

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('a bug of the user');
      },
    ],
    ['returns NaN', () => NaN],
    ['returns a negative number', () => -1],
  ])('also when the schedule %s', async (_, schedule) => {
    const { api, whisul } = scriptedClient(inTurn(running), { schedule });
    const job = watch(whisul.job$('a'));
    await seconds(30);
    expect(job.error.jobId).toBe('a');
    expect(api.requests).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('J3: cold, and gone without a trace', () => {
  it('sends nothing before the first subscription', async () => {
    const { api, whisul } = scriptedClient(inTurn(running));
    whisul.job$('a');
    await seconds(60);
    expect(api.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['while the head is awaited', { delay: 1_000, ...running }, 0.5],
    ['while the body is awaited', { bodyDelay: 1_000, ...running }, 0.5],
    ['in the wait between polls', running, 2],
    ['in the wait after a failure', status(500), 0.5],
  ])('unsubscribing %s aborts and clears every timer', async (_, answer, when) => {
    const { api, whisul } = scriptedClient(inTurn(answer));
    const job = watch(whisul.job$('a'));
    await seconds(when);
    job.unsubscribe();
    await seconds(0);
    expect(api.inFlight).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    await seconds(60);
    expect(api.requests).toHaveLength(1);
  });

  it('a transport that takes the signal late gets one that is aborted', async () => {
    let late: AbortSignal | undefined;
    const whisul = createWhisul({
      apiKey: 'sk-test',
      transport: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        late = request.signal;
        throw new Error('not sent');
      },
    });
    const job = watch(whisul.job$('a'));
    await seconds(0.05);
    job.unsubscribe();
    await seconds(1);
    expect(late?.aborted).toBe(true);
  });

  it('a request whose subscriber leaves on its own `request` event is not left running', async () => {
    const { api, whisul } = scriptedClient(inTurn(running, hanging));
    const job = watch(whisul.job$('a'));
    await seconds(1);
    whisul.events$.subscribe(({ type }) => {
      if (type === 'request') job.unsubscribe();
    });
    await seconds(10);
    expect(api.inFlight).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a request that is withdrawn before it has its key is not sent', async () => {
    let give: (key: string) => void = () => undefined;
    const { api, whisul } = scriptedClient(inTurn(running), {
      apiKey: () => new Promise((resolve) => (give = resolve)),
    });
    const job = watch(whisul.job$('a'));
    await seconds(0);
    job.unsubscribe();
    give('sk-test');
    await seconds(60);
    expect(api.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
