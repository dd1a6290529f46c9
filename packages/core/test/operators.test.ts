import { isTerminal, jobSchema, song, throwIfFailed, type Job, type JobState } from '@whisul-rx/core';
import { longTimer$, resolveRetryPolicy, retryWait } from '@whisul-rx/core/adapter';
import * as fc from 'fast-check';
import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { handScheduler } from './hand-scheduler.js';
import { completedBody, failedBody, runningBody } from './answers.js';
import { watch } from './watch.js';

const read = (body: object): Job => jobSchema.parse({ ...body, job_id: 'a' });
const states: Record<string, JobState> = {
  s: {
    status: 'submitted',
    job_id: 'a',
    prompt: 'a song',
    poll_url: '/jobs/a',
    submitted_at: '2026-02-17T15:39:34.000Z',
  },
  r: read(runningBody),
  c: read(completedBody),
  f: read(failedBody),
};
const marbles = (test: Parameters<TestScheduler['run']>[0]) =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);

describe('song and throwIfFailed', () => {
  it('song is the song and nothing else', () => {
    marbles(({ cold, expectObservable }) => {
      const { c } = states;
      const values = { x: c?.status === 'completed' ? c.result : undefined };
      expectObservable(cold('s-r--(c|)', states).pipe(song())).toBe('-----(x|)', values);
      expectObservable(cold('s-r--#', states).pipe(song())).toBe('-----#');
    });
  });

  it('a failed job becomes the error `job_failed`, with the job', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('s-r-(c|)', states);
      expectObservable(source.pipe(throwIfFailed())).toBe('s-r-(c|)', states);
      expectSubscriptions(source.subscriptions).toBe('^---!');
    });
    for (const fails of [
      (from: Observable<JobState>) => from.pipe(song()),
      (from: Observable<JobState>) => from.pipe(throwIfFailed()),
    ]) {
      marbles(({ cold, flush }) => {
        const seen = watch<unknown>(fails(cold('s-r-(f|)', states)));
        flush();
        expect(seen.error).toMatchObject({ code: 'job_failed', jobId: 'a', lastState: { status: 'failed' } });
        expect(seen.error.message).toContain('Generation failed due to an internal error.');
      });
    }
  });

  it('isTerminal', () => {
    expect(Object.values(states).map(isTerminal)).toEqual([false, false, true, true]);
  });
});

describe('longTimer$', () => {
  it.each([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 33 + 7])('waits %i ms, in waits that a platform timer holds', (ms) => {
    const scheduler = handScheduler();
    let rang: number | undefined;
    longTimer$(ms, scheduler).subscribe(() => (rang = scheduler.passed));
    if (ms > 0) scheduler.advance(ms - 1);
    expect(rang).toBe(undefined);
    scheduler.advance(1);
    expect(rang).toBe(ms);
    expect(scheduler.longest).toBeLessThanOrEqual(2 ** 31 - 1);
    expect(scheduler.timers).toBe(0);
  });

  it('never rings for Infinity', () => {
    const scheduler = handScheduler();
    const rang = vi.fn();
    longTimer$(Infinity, scheduler).subscribe(rang);
    expect(scheduler.timers).toBe(0);
    expect(rang).not.toHaveBeenCalled();
  });
});

describe('J7: the wait before the next try', () => {
  const ms = fc.integer({ min: 0, max: 1_000_000 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('lies between baseDelay and min(maxDelay, baseDelay * 2^failures), and never undercuts Retry-After', () => {
    fc.assert(
      fc.property(
        ms,
        ms,
        random,
        fc.integer({ min: 1, max: 2_000 }),
        fc.option(ms, { nil: undefined }),
        (baseDelay, maxDelay, r, failures, asked) => {
          const policy = resolveRetryPolicy({ baseDelay, maxDelay });
          const wait = retryWait(policy, failures, () => r, asked);
          const highest = Math.max(baseDelay, Math.min(maxDelay, baseDelay * 2 ** Math.min(failures, 999)));
          expect(wait).toBeGreaterThanOrEqual(Math.max(baseDelay, asked ?? 0));
          expect(wait).toBeLessThanOrEqual(Math.max(baseDelay, asked ?? 0) + highest - baseDelay + 1e-6);
          expect(Number.isNaN(wait)).toBe(false);
        },
      ),
    );
  });

  it('is spread evenly', () => {
    const policy = resolveRetryPolicy();
    expect([0, 0.25, 0.5, 1].map((r) => retryWait(policy, 2, () => r))).toEqual([1_000, 1_750, 2_500, 4_000]);
  });
});
