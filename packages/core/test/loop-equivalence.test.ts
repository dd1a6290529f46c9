import { createWhisul, type PollSchedule, type WhisulOptions, WhisulError } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { asyncScheduler, defer, distinctUntilKeyChanged } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecentDurations } from '../src/polling/duration-history.js';
import { isTransient } from '../src/model/failure.js';
import { isTerminal } from '../src/model/is-terminal.js';
import type { Job } from '../src/model/job-schema.js';
import { longTimer$ } from '../src/polling/long-timer.js';
import { pollLoop$ } from '../src/polling/poll-loop.js';
import { nextGap } from '../src/polling/poll-schedule.js';
import { resolveRetryPolicy, type RetryPolicy } from '../src/polling/retry-policy.js';
import { within } from '../src/polling/within.js';
import { completed, connectionError, failed, hanging, running, runningBody, status } from './answers.js';
import { type Answer, inTurn, scriptedApi } from './scripted-api.js';
import { type Watch, watch } from './watch.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Depends on all that a schedule hears of. */
const schedule: PollSchedule = ({ polls, elapsed }) => 1_000 + ((polls * 731 + elapsed) % 4_000);

interface Setup {
  readonly script: readonly Answer[];
  readonly retry: Partial<RetryPolicy>;
  readonly jobTimeout: number;
}
type Retry = readonly [wait: number, code: string | undefined, failures: number];

function clientFor({ script, retry }: Setup, more: WhisulOptions = {}) {
  const api = scriptedApi(inTurn(...script));
  const options = {
    apiKey: 'sk-test',
    transport: api.transport,
    schedule,
    retry,
    requestTimeout: 3_000,
    random: () => 0.5,
  };
  return { api, whisul: createWhisul({ ...options, ...more }) };
}

/** The loop as it is shipped. */
function shipped(setup: Setup) {
  const { api, whisul } = clientFor(setup, { jobTimeout: setup.jobTimeout });
  const retries: Retry[] = [];
  whisul.events$.subscribe((event) => {
    if (event.type === 'retry') retries.push([event.wait, event.code, event.failures]);
  });
  return { api, retries, job: watch(whisul.job$('a')) };
}

/** The same from operators, over single requests. */
function composed(setup: Setup) {
  const { api, whisul } = clientFor(setup);
  const { jobTimeout } = setup;
  const retries: Retry[] = [];
  const durations = new RecentDurations();
  const began = Date.now();
  let polls = 0;
  const job$ = pollLoop$<Job>({
    firstWait: 0,
    scheduler: asyncScheduler,
    ask$: () => defer(() => whisul.getJob('a')),
    retry: {
      policy: resolveRetryPolicy(setup.retry),
      random: () => 0.5,
      isTransient,
      wait$: (ms) => longTimer$(ms, asyncScheduler),
      onFailure: ({ error, failures, wait, final }) => {
        if (!final && error instanceof WhisulError) retries.push([wait, error.code, failures]);
      },
    },
    gap: () => nextGap(schedule, { polls: (polls += 1), elapsed: Date.now() - began, durations }),
    isTerminal,
  }).pipe(
    distinctUntilKeyChanged('status'),
    within(jobTimeout, asyncScheduler, () => new WhisulError('job_timeout', 'late', { jobId: 'a' })),
  );
  return { api, retries, job: watch(job$) };
}

function outcome({ api, retries, job }: { api: { times: readonly number[] }; retries: Retry[]; job: Watch<Job> }) {
  const { values, completions } = job;
  const errors = job.errors.map((error) =>
    error instanceof WhisulError ? [error.code, error.jobId, error.status, error.retryAfter] : error,
  );
  return { values, errors, completions, retries, times: api.times };
}

const answer: fc.Arbitrary<Answer> = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(running) },
      { weight: 2, arbitrary: fc.constant<Answer>({ body: { ...runningBody, status: 'queued' } }) },
      { weight: 5, arbitrary: fc.constantFrom<Answer>(status(500), status(503, { 'retry-after': '7' }), status(429)) },
      { weight: 3, arbitrary: fc.constantFrom('0', '1.5', '20', '59').map((s) => status(429, { 'retry-after': s })) },
      { weight: 3, arbitrary: fc.constantFrom(connectionError('ECONNREFUSED'), connectionError('ECONNRESET', 'read')) },
      { weight: 3, arbitrary: fc.constantFrom<Answer>({ body: '<html>' }, { body: '{"status":"compl' }, { body: [] }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(hanging, { ...running, bodyDelay: 1e9 }, { ...running, bodyError: 'cut' }),
      },
      { weight: 1, arbitrary: fc.constantFrom(completed, failed) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(status(404), status(401), status(302), status(429, { 'retry-after': '61' })),
      },
    ),
    fc.constantFrom(0, 0, 40, 900, 2_999),
  )
  .map(([what, delay]) => ({ delay, ...what }));

describe('the loop of job$', () => {
  it('does what pollLoop$ and its operators do: the same states, end, retries and times of requests', async () => {
    const ends = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 14 }),
        fc.constantFrom(completed, failed, running),
        fc.constantFrom(2, 3, 10),
        fc.constantFrom(20_007, 150_007),
        async (answers, last, maxFailures, jobTimeout) => {
          const setup = { script: [...answers, last], retry: { maxFailures, maxRetryAfter: 60_000 }, jobTimeout };
          const [loop, reference] = [shipped(setup), composed(setup)];
          await vi.advanceTimersByTimeAsync(jobTimeout + 1);
          const [actual, expected] = [outcome(loop), outcome(reference)];
          expect(actual).toEqual(expected);
          expect(actual.errors.length + actual.completions).toBe(1);
          ends.add(actual.errors.length === 0 ? actual.values.at(-1)?.status : actual.errors.flat()[0]);
          vi.clearAllTimers();
        },
      ),
      { numRuns: 120, seed: 20260217 },
    );
    // The scripts do lead everywhere.
    for (const end of [
      'completed',
      'failed',
      'job_timeout',
      'not_found',
      'unauthorized',
      'server_error',
      'rate_limited',
    ]) {
      expect(ends).toContain(end);
    }
  }, 60_000);
});
