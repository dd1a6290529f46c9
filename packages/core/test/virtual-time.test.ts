import { createWhisul, fixedSchedule, pollUntil, WhisulError, type ClientEvent } from '@whisul-rx/core';
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accepted, completed, hanging, running, status } from './answers.js';
import { byMethod, inTurn, scriptedApi } from './scripted-api.js';
import { statuses, watch } from './watch.js';

/** A scheduler that is nothing but a clock and a list, moved by hand: whatever waits elsewhere does not wait here. */
class HandClock implements SchedulerLike {
  time = 1_000_000;
  #tasks: { at: number; run(): void }[] = [];

  now(): number {
    return this.time;
  }

  get pending(): number {
    return this.#tasks.length;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    const action = new HandAction<T>(this, work);
    return action.schedule(state, delay);
  }

  add(delay: number, run: () => void): Subscription {
    const task = { at: this.time + Math.max(0, delay), run };
    this.#tasks.push(task);
    return new Subscription(() => {
      this.#tasks = this.#tasks.filter((other) => other !== task);
    });
  }

  /** Moves on, one task after the other, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    for (;;) {
      const [next] = this.#tasks.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.time = Math.max(this.time, next.at);
      this.#tasks = this.#tasks.filter((task) => task !== next);
      next.run();
      await settled();
    }
    this.time = end;
  }
}

class HandAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #clock: HandClock;
  readonly #work: (this: SchedulerAction<T>, state?: T) => void;
  #task = Subscription.EMPTY;

  constructor(clock: HandClock, work: (this: SchedulerAction<T>, state?: T) => void) {
    super(() => {
      this.#task.unsubscribe();
    });
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    this.#task.unsubscribe();
    this.#task = this.#clock.add(delay, () => {
      this.#work.call(this, state);
    });
    return this;
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 30; i += 1) await Promise.resolve();
}

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame'] as const;
beforeEach(() => {
  for (const name of timers) {
    vi.stubGlobal(name, () => {
      throw new Error(`${name} is not the scheduler.`);
    });
  }
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('S1: every wait is on the scheduler, and every time is its time', () => {
  it('polls, retries, the gate, the budget, the deadlines', async () => {
    const clock = new HandClock();
    vi.spyOn(Date, 'now').mockImplementation(() => {
      throw new Error('Date.now is not the scheduler.');
    });
    const api = scriptedApi(
      byMethod(
        inTurn(status(429, { 'Retry-After': '20' }), accepted('a')),
        inTurn(running, status(500), hanging, completed),
      ),
      clock,
    );
    const whisul = createWhisul({
      apiKey: 'sk-test',
      transport: api.transport,
      scheduler: clock,
      schedule: fixedSchedule(5_000),
      random: () => 0,
      requestTimeout: 3_000,
      budget: { requestsPerSecond: 2 },
    });
    const events: ClientEvent[] = [];
    whisul.events$.subscribe((event) => events.push(event));
    const job = watch(whisul.generate$('a song'));
    await clock.advance(100_000);
    expect(statuses(job.values)).toEqual(['submitted', 'running', 'completed']);
    expect(api.times).toEqual([0, 20_000, 25_000, 30_000, 31_000, 35_000]);
    expect(clock.pending).toBe(0);
    expect(job.values[0]).toMatchObject({ submitted_at: new Date(1_020_000).toISOString() });
    expect(events.map(({ type, at }) => [type, at - 1_000_000])).toEqual([
      ['request', 0],
      ['response', 0],
      ['paused', 0],
      ['retry', 0],
      ['request', 20_000],
      ['response', 20_000],
      ['submitted', 20_000],
      ['resumed', 20_000],
      ['request', 25_000],
      ['response', 25_000],
      ['transition', 25_000],
      ['request', 30_000],
      ['response', 30_000],
      ['retry', 30_000],
      ['request', 31_000],
      ['retry', 34_000],
      ['request', 35_000],
      ['response', 35_000],
      ['transition', 35_000],
    ]);
    expect(events.find(({ type }) => type === 'paused')).toMatchObject({ until: 1_020_000 });
  });

  it('jobTimeout', async () => {
    const clock = new HandClock();
    const api = scriptedApi(inTurn(running), clock);
    const whisul = createWhisul({
      apiKey: 'sk-test',
      transport: api.transport,
      scheduler: clock,
      schedule: fixedSchedule(7_000),
      jobTimeout: 30_000,
    });
    const job = watch(whisul.job$('a'));
    await clock.advance(29_999);
    expect(job.errors).toEqual([]);
    await clock.advance(1);
    expect(job.error.code).toBe('job_timeout');
    expect([api.requests.length, clock.pending]).toEqual([5, 0]);
  });
});

describe('S1: events are plain JSON of the documented shape', () => {
  it('path is the pathname, failures count from 1, job_id is there where there is a job', async () => {
    const clock = new HandClock();
    const api = scriptedApi(
      inTurn({ ...running, delay: 250 }, status(503), status(503), { ...completed, bodyDelay: 100 }),
      clock,
    );
    const whisul = createWhisul({
      apiKey: 'sk-test',
      baseUrl: 'https://api.test/v1',
      transport: api.transport,
      scheduler: clock,
      random: () => 0,
    });
    const events = watch(whisul.events$);
    watch(whisul.job$('a b'));
    await clock.advance(100_000);
    expect(JSON.parse(JSON.stringify(events.values))).toEqual(events.values);
    expect(events.values.every((event) => event.job_id === 'a b' && Number.isInteger(event.at))).toBe(true);
    expect(events.values.slice(0, 3)).toEqual([
      { at: 1_000_000, job_id: 'a b', type: 'request', method: 'GET', path: '/v1/jobs/a%20b' },
      { at: 1_000_250, job_id: 'a b', type: 'response', method: 'GET', path: '/v1/jobs/a%20b', status: 200, took: 250 },
      {
        at: 1_000_250,
        job_id: 'a b',
        type: 'transition',
        job: expect.objectContaining({ status: 'running', job_id: 'a b' }),
      },
    ]);
    const retries = events.values.filter(({ type }) => type === 'retry');
    expect(retries).toMatchObject([
      { code: 'server_error', failures: 1, wait: 1_000 },
      { code: 'server_error', failures: 2, wait: 1_000 },
    ]);
  });
});

describe('S3: pollUntil is the engine for any API', () => {
  it('emits every answer, completes after the terminal one, takes every error for transient', async () => {
    const clock = new HandClock();
    const answers: (number | Error)[] = [1, 1, new Error('down'), 2, 3];
    const load = vi.fn(async (signal: AbortSignal) => {
      expect(signal.aborted).toBe(false);
      const answer = answers.shift();
      if (typeof answer === 'number') return answer;
      throw answer;
    });
    const values = watch(
      pollUntil(load, {
        isTerminal: (value) => value === 3,
        schedule: fixedSchedule(1_000),
        scheduler: clock,
        random: () => 0,
      }),
    );
    await clock.advance(60_000);
    expect([values.values, values.completions]).toEqual([[1, 1, 2, 3], 1]);
    expect([load.mock.calls.length, clock.pending]).toEqual([5, 0]);
  });

  it('its timeout is `job_timeout` and aborts; isTransient decides; maxFailures bounds; it is cold', async () => {
    const clock = new HandClock();
    const signals: AbortSignal[] = [];
    const hang = (signal: AbortSignal) => new Promise<number>(() => signals.push(signal));
    const options = { isTerminal: () => false, schedule: fixedSchedule(1_000), scheduler: clock, random: () => 0 };
    const late = watch(pollUntil(hang, { ...options, timeout: 5_000 }));
    const left = watch(pollUntil(hang, options));
    await clock.advance(1);
    left.unsubscribe();
    await clock.advance(6_000);
    expect(late.error.code).toBe('job_timeout');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    const bug = new TypeError('no');
    const fatal = watch(pollUntil(() => Promise.reject(bug), { ...options, isTransient: () => false }));
    const load = vi.fn(() => Promise.reject(bug));
    const tired$ = pollUntil(load, { ...options, retry: { maxFailures: 3 } });
    expect(load).not.toHaveBeenCalled();
    const tired = watch(tired$);
    await clock.advance(60_000);
    expect([fatal.errors, tired.errors, load.mock.calls.length, clock.pending]).toEqual([[bug], [bug], 3, 0]);
  });

  it('a load that throws at once, and a Retry-After of a WhisulError', async () => {
    const clock = new HandClock();
    const times: number[] = [];
    const load = (): Promise<number> => {
      times.push(clock.now() - 1_000_000);
      if (times.length === 1) throw new Error('at once');
      if (times.length === 2) throw new WhisulError('rate_limited', 'slow down', { retryAfter: 20_000 });
      return Promise.resolve(1);
    };
    const values = watch(pollUntil(load, { isTerminal: () => true, scheduler: clock, random: () => 0 }));
    await clock.advance(60_000);
    expect([values.values, times]).toEqual([[1], [0, 1_000, 21_000]]);
  });
});
