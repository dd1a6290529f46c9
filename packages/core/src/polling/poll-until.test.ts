import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watch } from '../../test/watch.js';
import { fixedSchedule } from './fixed-schedule.js';
import type { PollSchedule } from './poll-schedule.js';
import { type PollOptions, pollUntil } from './poll-until.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const until9: PollOptions<number> = {
  isTerminal: (value) => value === 9,
  schedule: fixedSchedule(1_000),
  random: () => 0,
};
const seconds = (s: number) => vi.advanceTimersByTimeAsync(s * 1000);
const inTurn = (...answers: readonly number[]) => {
  let next = 0;
  return async () => answers[next++] ?? 9;
};
const inMs = (ms: number, value: number) => () =>
  new Promise<number>((resolve) => setTimeout(() => resolve(value), ms));

describe('pollUntil', () => {
  it('emits every answer, the same ones too, and completes with the terminal one', async () => {
    const seen = watch(pollUntil(inTurn(1, 1, 2, 9, 3), until9));
    await seconds(20);
    expect([seen.values, seen.completions]).toEqual([[1, 1, 2, 9], 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is cold, and each subscription polls for itself', async () => {
    const load = vi.fn(inTurn(1, 1, 9, 9));
    const values$ = pollUntil(load, until9);
    await seconds(5);
    expect(load).not.toHaveBeenCalled();
    const [a, b] = [watch(values$), watch(values$)];
    await seconds(5);
    expect([a.values, b.values]).toEqual([
      [1, 9],
      [1, 9],
    ]);
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('asks at once, then from answer to question, never twice at a time', async () => {
    const times: number[] = [];
    const began = Date.now();
    const load = () => {
      times.push(Date.now() - began);
      return inMs(2_500, 1)();
    };
    const seen = watch(pollUntil(load, until9));
    await seconds(9);
    expect(times).toEqual([0, 3_500, 7_000]);
    seen.unsubscribe();
    await seconds(9);
    expect(times).toHaveLength(3);
  });

  it('takes any thenable', async () => {
    const thenable: PromiseLike<number> = { then: (...handlers) => Promise.resolve(9).then(...handlers) };
    const seen = watch(pollUntil(() => thenable, until9));
    await seconds(1);
    expect(seen.values).toEqual([9]);
  });

  it('the signal aborts when the question is given up, and never after its answer', async () => {
    const signals: AbortSignal[] = [];
    const load = (signal: AbortSignal) => {
      signals.push(signal);
      return inMs(500, 1)();
    };
    const seen = watch(pollUntil(load, until9));
    await seconds(1.7); // the second question is under way
    seen.unsubscribe();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
    await seconds(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the schedule hears of answers, time, and what earlier subscriptions took', async () => {
    const schedule = vi.fn<PollSchedule>(() => 1_000);
    const values$ = pollUntil(inTurn(1, 1, 9, 1, 9), { ...until9, schedule });
    watch(values$);
    await seconds(10);
    expect(schedule.mock.calls.map(([{ polls, elapsed }]) => [polls, elapsed])).toEqual([
      [1, 0],
      [2, 1_000],
    ]);
    watch(values$);
    await seconds(10);
    const last = schedule.mock.lastCall?.[0];
    expect([last?.polls, last?.elapsed, last?.durations.count]).toEqual([1, 0, 2]);
    expect(last?.durations.quantile(1)).toBe(2_000);
  });

  it('a good answer makes earlier failures forgotten', async () => {
    const answers = [0, 0, 1, 0, 0, 1, 0, 0, 9];
    const load = async () => {
      const answer = answers.shift();
      if (answer === 0) throw new Error('down');
      return answer ?? 9;
    };
    const seen = watch(pollUntil(load, { ...until9, retry: { maxFailures: 3 } }));
    await seconds(60);
    expect([seen.values, seen.completions]).toEqual([[1, 1, 9], 1]);
  });

  it('a time-out refuses what comes later', async () => {
    const seen = watch(pollUntil(inMs(3_000, 9), { ...until9, timeout: 2_000 }));
    await seconds(10);
    expect([seen.values, seen.error.code]).toEqual([[], 'job_timeout']);
  });

  it('an error of isTerminal or the schedule ends the stream, as it is or as invalid_request', async () => {
    const error = new TypeError('bug');
    const broken = (): never => {
      throw error;
    };
    const first = watch(pollUntil(inTurn(1), { ...until9, isTerminal: broken }));
    const second = watch(pollUntil(inTurn(1), { ...until9, schedule: broken }));
    const third = watch(pollUntil(inTurn(1), { ...until9, schedule: () => NaN }));
    await seconds(1);
    expect(first.errors).toEqual([error]);
    expect([second.error.code, second.error.cause, third.error.code]).toEqual([
      'invalid_request',
      error,
      'invalid_request',
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    { timeout: -1 },
    { timeout: NaN },
    { retry: { maxFailures: -1 } },
    { retry: { baseDelay: NaN } },
    ...['isTerminal', 'schedule', 'isTransient', 'random', 'scheduler', 'retry'].map((name) => ({ [name]: 5 })),
    { isTerminal: undefined },
    { scheduler: null },
  ])('refuses %j at once', (options) => {
    const load = vi.fn(inTurn(9));
    expect(() => Reflect.apply(pollUntil, undefined, [load, { ...until9, ...options }])).toThrow(
      expect.objectContaining({ code: 'invalid_request' }),
    );
    expect(load).not.toHaveBeenCalled();
  });

  it('refuses to begin without options', () => {
    expect(() => Reflect.apply(pollUntil, undefined, [inTurn(9)])).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(/`isTerminal`/) }),
    );
  });
});
