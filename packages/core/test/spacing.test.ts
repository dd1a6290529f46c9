import { fixedSchedule, type Whisul, type WhisulOptions } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { retry } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { accepted, completed, hanging, running, status } from './answers.js';
import { byMethod, inTurn, type Script } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { statuses, type Watch, watch } from './watch.js';

useVirtualTime();

const gap = 10_000;
const client = (script: Script, options: WhisulOptions = {}) =>
  scriptedClient(script, { schedule: fixedSchedule(gap), ...options });
async function rejectionOf({ job$ }: Whisul, id: string): Promise<unknown> {
  const job = watch(job$(id));
  await seconds(1);
  return job.error.code;
}

describe('J6: spacing survives churn', () => {
  it('after an answer: leaving and coming back polls when the schedule allows', async () => {
    const { api, whisul } = client(inTurn(running));
    const first = watch(whisul.job$('a'));
    await seconds(3);
    first.unsubscribe();
    await seconds(3);
    const second = watch(whisul.job$('a'));
    expect(statuses(second.values)).toEqual(['running']);
    await seconds(30);
    second.unsubscribe();
    expect(api.times).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('after a long pause polls at once, and replays the last state before', async () => {
    const { api, whisul } = client(inTurn(running, completed));
    const first = watch(whisul.job$('a'));
    await seconds(1);
    first.unsubscribe();
    await seconds(100);
    const second = watch(whisul.job$('a'));
    expect(statuses(second.values)).toEqual(['running']);
    await seconds(0);
    expect(api.times).toEqual([0, 101_000]);
    expect(statuses(second.values)).toEqual(['running', 'completed']);
  });

  it('after an aborted request: one step from its start', async () => {
    const { api, whisul } = client(inTurn({ ...running, delay: 5_000 }));
    const first = watch(whisul.job$('a'));
    await seconds(2);
    first.unsubscribe();
    const second = watch(whisul.job$('a'));
    await seconds(20);
    expect(api.times).toEqual([0, 10_000]);
    expect(api.busiest).toBe(1);
    second.unsubscribe();
  });

  it('React StrictMode: mount, unmount, mount in one tick is one loop', async () => {
    const { api, whisul } = client(inTurn(running));
    watch(whisul.job$('a')).unsubscribe();
    const job = watch(whisul.job$('a'));
    await seconds(gap / 1000 + 1);
    expect(statuses(job.values)).toEqual(['running']);
    expect(api.times).toEqual([0, 10_000]);
    job.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a wait after a failure is not cut short', async () => {
    const { api, whisul } = client(inTurn(status(503, { 'Retry-After': '25' }), running));
    const first = watch(whisul.job$('a'));
    await seconds(1);
    first.unsubscribe();
    const second = watch(whisul.job$('a'));
    await seconds(40);
    second.unsubscribe();
    expect(api.times.slice(0, 2)).toEqual([0, 25_000]);
  });

  it('after an error of the stream a new subscription waits its turn too', async () => {
    const { api, whisul } = client(inTurn(status(404)));
    const job = watch(whisul.job$('a').pipe(retry(2)));
    await seconds(60);
    expect(job.error.code).toBe('not_found');
    expect(api.times).toEqual([0, 10_000, 20_000]);
  });

  it('nor does it undercut a Retry-After that was too long to be waited for', async () => {
    const { api, whisul } = client(inTurn(status(503, { 'Retry-After': '400' }), completed));
    const job = watch(whisul.job$('a').pipe(retry(1)));
    await seconds(500);
    expect(job.completions).toBe(1);
    expect(api.times).toEqual([0, 400_000]);
  });

  it('resubscribing from the error of a job timeout neither overlaps nor comes early', async () => {
    const { api, whisul } = client(inTurn(running, hanging, running), { jobTimeout: 13_000, requestTimeout: 60_000 });
    const job = watch(whisul.job$('a').pipe(retry(1)));
    await seconds(25);
    job.unsubscribe();
    expect(api.times).toEqual([0, 10_000, 20_000]);
    expect(api.busiest).toBe(1);
  });

  it('the first poll after a submit keeps its place through churn', async () => {
    const { api, whisul } = client(byMethod(inTurn(accepted('a')), inTurn(running)));
    const first = watch(whisul.generate$('a song'));
    await seconds(2);
    first.unsubscribe();
    const second = watch(whisul.job$('a'));
    await seconds(9);
    expect(api.times).toEqual([0, 10_000]);
    second.unsubscribe();
  });

  it('never a poll early or twice, whatever the churn', async () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 9_000 }), leave: fc.boolean() });
    const script = fc.array(fc.constantFrom(running, { ...running, delay: 700 }, { ...running, bodyDelay: 4_000 }), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), script, async (steps, answers) => {
        const { api, whisul } = client(inTurn(...answers));
        const open: Watch<unknown>[] = [];
        for (const { wait, leave } of steps) {
          if (leave) open.pop()?.unsubscribe();
          else open.push(watch(whisul.job$('a')));
          await vi.advanceTimersByTimeAsync(wait);
        }
        for (const job of open) job.unsubscribe();
        await vi.advanceTimersByTimeAsync(0);
        expect(vi.getTimerCount()).toBe(0);
        expect(api.busiest).toBeLessThanOrEqual(1);
        api.requests.forEach(({ at }, i) => {
          const before = api.requests[i - 1];
          if (before !== undefined) expect(at).toBeGreaterThanOrEqual((before.answeredAt ?? before.at) + gap);
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe('J7: the count of failures survives churn', () => {
  it('maxFailures in a row end the stream for the subscribers there are, as they would without churn', async () => {
    const failing = inTurn({ status: 500 });
    const steady = client(failing, { random: () => 1 });
    const kept = watch(steady.whisul.job$('a'));
    await seconds(400);
    const churned = client(failing, { random: () => 1 });
    let job = watch(churned.whisul.job$('a'));
    for (let i = 0; i < 200; i += 1) {
      await seconds(2);
      if (job.errors.length > 0) break;
      job.unsubscribe();
      job = watch(churned.whisul.job$('a'));
    }
    expect([kept.error.code, steady.api.requests.length]).toEqual(['server_error', 10]);
    expect([job.error.code, churned.api.requests.length]).toEqual(['server_error', 10]);
    expect(churned.api.times).toEqual(steady.api.times);
  });

  it('a subscription after `job_timeout` counts from zero, too', async () => {
    const { api, whisul } = client(inTurn({ status: 500 }), { retry: { maxFailures: 6 }, jobTimeout: 3_500 });
    for (let round = 1; round <= 2; round += 1) {
      const before = api.requests.length;
      const job = watch(whisul.job$('a'));
      await seconds(60);
      expect(job.error.code).toBe('job_timeout');
      expect(api.requests.length - before).toBeGreaterThan(2);
    }
  });

  it('a subscription after the error counts from zero', async () => {
    const { api, whisul } = client(inTurn({ status: 500 }), { retry: { maxFailures: 3 } });
    for (let i = 1; i <= 2; i += 1) {
      const job = watch(whisul.job$('a'));
      await seconds(60);
      expect([job.error.code, api.requests.length]).toEqual(['server_error', 3 * i]);
    }
  });
});

describe('S3: `remember` is one pool, the least recently used go first', () => {
  it('keeps finished and unfinished jobs together', async () => {
    const { api, whisul } = client((request) => (request.path.endsWith('done') ? completed : running), { remember: 2 });
    const use = async (id: string) => {
      const job = watch(whisul.job$(id));
      await seconds(1);
      job.unsubscribe();
    };
    await use('done');
    await use('open');
    await use('done'); // used again: now `open` is the oldest
    await use('third');
    expect(api.requests.map(({ path }) => path)).toEqual(['/api/jobs/done', '/api/jobs/open', '/api/jobs/third']);
    await use('done');
    expect(api.requests).toHaveLength(3);
    await use('open'); // forgotten: polled at once
    expect(api.requests).toHaveLength(4);
  });

  it('a job with subscribers is never forgotten', async () => {
    const { api, whisul } = client(inTurn(running), { remember: 0 });
    const first = watch(whisul.job$('a'));
    await seconds(1);
    const second = watch(whisul.job$('a'));
    expect(statuses(second.values)).toEqual(['running']);
    first.unsubscribe();
    await seconds(10);
    expect(api.times).toEqual([0, 10_000]);
    second.unsubscribe();
  });
});

describe('ids that the API does not know', () => {
  const known = /\/(mine|yours)$/;
  const stranger = (request: { path: string }) => (known.test(request.path) ? running : status(404));

  it('push no real job out of `remember`, and with it the spacing of its polls', async () => {
    const { api, whisul } = client(stranger, { remember: 1 });
    const mine = watch(whisul.job$('mine'));
    await seconds(1);
    mine.unsubscribe();
    for (let i = 0; i < 20; i += 1) {
      const job = watch(whisul.job$(`unknown-${i}`));
      await seconds(0.01);
      expect(job.error.code).toBe('not_found');
    }
    const again = watch(whisul.job$('mine'));
    expect(statuses(again.values)).toEqual(['running']);
    await seconds(1);
    again.unsubscribe();
    expect(api.requests.filter(({ path }) => path.endsWith('mine'))).toHaveLength(1);
  });

  it('are not asked for again for a step of the schedule', async () => {
    const { api, whisul } = client(stranger, { remember: 1 });
    for (let i = 0; i < 5; i += 1) {
      const job = watch(whisul.job$('unknown'));
      await seconds(1);
      job.unsubscribe();
    }
    expect(api.requests).toHaveLength(1);
  });

  it('are real jobs once the API knows them', async () => {
    let asked = 0;
    const { api, whisul } = client(() => ((asked += 1) === 1 ? status(404) : running), { remember: 1 });
    expect(await rejectionOf(whisul, 'late')).toBe('not_found');
    await seconds(gap / 1000);
    const job = watch(whisul.job$('late'));
    await seconds(1);
    job.unsubscribe();
    const again = watch(whisul.job$('late'));
    expect(statuses(again.values)).toEqual(['running']);
    again.unsubscribe();
    expect(api.requests).toHaveLength(2);
  });
});
