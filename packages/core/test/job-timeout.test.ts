import { createWhisul, fixedSchedule, type WhisulOptions } from '@whisul-rx/core';
import { describe, expect, it, vi } from 'vitest';
import { completed, hanging, running, status } from './answers.js';
import { inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { statuses, watch } from './watch.js';

useVirtualTime();

const client = (script: Script, options: WhisulOptions = {}) =>
  scriptedClient(script, { jobTimeout: 12_000, ...options });

describe('J11: jobTimeout bounds everything', () => {
  it.each([
    ['a wait between polls', inTurn(running), 3],
    ['a wait after a failure', inTurn(status(503, { 'Retry-After': '100' })), 1],
    ['a request in flight', inTurn(hanging), 1],
    ['a body in flight', inTurn({ ...running, bodyDelay: 1e9 }), 1],
  ])('%s', async (_, script, requests) => {
    const { api, whisul } = client(script);
    const job = watch(whisul.job$('a'));
    await seconds(11.9);
    expect(job.errors).toEqual([]);
    await seconds(0.2);
    expect(job.error).toMatchObject({ code: 'job_timeout', jobId: 'a' });
    expect(job.error.message).toMatch(/may still be running/);
    expect(api.requests).toHaveLength(requests);
    expect(api.inFlight).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('refuses a late answer, also from a transport that ignores the signal', async () => {
    let answer: () => void = () => undefined;
    const whisul = createWhisul({
      apiKey: 'sk-test',
      jobTimeout: 12_000,
      transport: async () => {
        await new Promise<void>((resolve) => (answer = resolve));
        return { status: 200, headers: new Headers(), text: async () => JSON.stringify(completed.body) };
      },
    });
    const events = watch(whisul.events$);
    const job = watch(whisul.job$('a'));
    await seconds(13);
    answer();
    await seconds(1);
    expect([job.values, job.error.code]).toEqual([[], 'job_timeout']);
    expect(events.values.some(({ type }) => type === 'transition')).toBe(false);
  });

  it('runs from the first subscription of the loop, and anew when all have left', async () => {
    const { whisul } = client(inTurn(running));
    const first = watch(whisul.job$('a'));
    await seconds(8);
    const second = watch(whisul.job$('a'));
    first.unsubscribe();
    await seconds(3.9);
    expect(second.errors).toEqual([]);
    await seconds(0.2);
    expect(second.error.code).toBe('job_timeout');
    const third = watch(whisul.job$('a'));
    await seconds(8);
    third.unsubscribe();
    const fourth = watch(whisul.job$('a'));
    await seconds(11.9);
    expect(fourth.errors).toEqual([]);
    await seconds(0.2);
    expect(fourth.error.code).toBe('job_timeout');
  });

  it('after the error a new subscription starts afresh, in its turn', async () => {
    const { api, whisul } = client(inTurn(running, running, running, completed));
    watch(whisul.job$('a'));
    await seconds(12.5);
    const again = watch(whisul.job$('a'));
    expect(statuses(again.values)).toEqual(['running']);
    await seconds(10);
    expect(statuses(again.values)).toEqual(['running', 'completed']);
    expect(api.times).toEqual([0, 5_000, 10_000, 15_000]);
  });

  it('Infinity is never', async () => {
    const { whisul } = client(inTurn(running), { jobTimeout: Infinity, schedule: fixedSchedule(3_600_000) });
    const job = watch(whisul.job$('a'));
    await seconds(40 * 86_400);
    expect(job.errors).toEqual([]);
    job.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a wall clock that is set forward does not end it', async () => {
    const { whisul } = client(inTurn(running, running, completed));
    const job = watch(whisul.job$('a'));
    await seconds(1);
    vi.setSystemTime(Date.now() + 3_600_000);
    await seconds(10);
    expect(job.errors).toEqual([]);
    expect(statuses(job.values)).toEqual(['running', 'completed']);
  });

  it('a wall clock that is set back stalls nothing', async () => {
    const { api, whisul } = client(inTurn(running), { budget: { requestsPerSecond: 1 } });
    const job = watch(whisul.job$('a'));
    await seconds(1);
    vi.setSystemTime(Date.now() - 3_600_000);
    await seconds(12);
    expect(job.error.code).toBe('job_timeout');
    expect(api.requests).toHaveLength(3);
    expect(vi.getTimerCount()).toBe(0);
  });
});
