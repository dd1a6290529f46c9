import { fixedSchedule } from '@whisul-rx/core';
import { retryAfterMs } from '@whisul-rx/core/adapter';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepted, completed, running, status } from './answers.js';
import { byMethod, inTurn } from './scripted-api.js';
import { scriptedClient } from './scripted-client.js';
import { seconds, useVirtualTime } from './virtual-time.js';
import { statuses, watch } from './watch.js';

const now = Date.UTC(2026, 1, 17, 15, 0, 0);
useVirtualTime(now);
const httpDate = (ms: number) => new Date(ms).toUTCString();
const digits = '9'.repeat(400);

/** The value, the answer's `Date`, and the wait in seconds: 1 is the backoff alone. */
const cases: readonly (readonly [string, string | undefined, number])[] = [
  ['5', undefined, 5],
  [' 5 ', undefined, 5],
  ['1.5', undefined, 1.5],
  ['0.25', undefined, 1],
  ['0', undefined, 1],
  ['-5', undefined, 1],
  ['', undefined, 1],
  ['abc', undefined, 1],
  ['5 apples', undefined, 1],
  ['1e3', undefined, 1],
  ['0x10', undefined, 1],
  ['Infinity', undefined, 1],
  ['NaN', undefined, 1],
  ['2026-02-17', undefined, 1],
  [httpDate(now + 20_000), undefined, 20],
  [httpDate(now - 20_000), undefined, 1],
  [httpDate(now + 20_000), httpDate(now + 10_000), 10],
  [httpDate(now + 3_620_000), httpDate(now + 3_600_000), 20],
  [httpDate(now - 3_580_000), httpDate(now - 3_600_000), 20],
  [httpDate(now + 20_000), 'garbage', 20],
  ['Tuesday, 17-Feb-26 15:00:20 GMT', undefined, 20],
  ['Tue Feb 17 15:00:20 2026', undefined, 20],
  ['299', undefined, 299],
];

describe('J8: Retry-After is never undercut', () => {
  describe.each([429, 503])('on a %i', (code) => {
    it.each(cases)('%j with Date %j waits %d s', async (value, date, wait) => {
      const headers = { 'Retry-After': value, ...(date === undefined ? {} : { Date: date }) };
      const { api, whisul } = scriptedClient(inTurn(status(code, headers), completed));
      const job = watch(whisul.job$('a'));
      await seconds(wait - 0.001);
      expect(api.requests).toHaveLength(1);
      await seconds(1);
      expect(api.times).toEqual([0, wait * 1000]);
      expect(statuses(job.values)).toEqual(['completed']);
    });

    it.each(['301', '2147484', '99999999999', digits, httpDate(now + 400_000)])(
      '%s is above maxRetryAfter: the end',
      async (value) => {
        const { api, whisul } = scriptedClient(inTurn(running, status(code, { 'Retry-After': value })));
        const job = watch(whisul.job$('a'));
        await seconds(6);
        expect(job.error).toMatchObject({
          code: code === 429 ? 'rate_limited' : 'server_error',
          jobId: 'a',
          status: code,
        });
        expect(job.error.retryAfter).toBeGreaterThan(300_000);
        expect(Number.isFinite(job.error.retryAfter)).toBe(true);
        expect(api.requests).toHaveLength(2);
      },
    );

    it('jitter only adds', async () => {
      const { api, whisul } = scriptedClient(inTurn(status(code, { 'Retry-After': '10' }), completed), {
        random: () => 0.999,
      });
      watch(whisul.job$('a'));
      await seconds(60);
      expect(api.times[1]).toBeGreaterThan(10_000);
      expect(api.times[1]).toBeLessThanOrEqual(40_000);
    });

    it.each(['2147484', '4000000', digits])(
      '%s with no bound is waited for, past what a platform timer holds',
      async (value) => {
        const { api, whisul } = scriptedClient(inTurn(status(code, { 'Retry-After': value }), completed), {
          retry: { maxRetryAfter: Infinity },
          jobTimeout: Infinity,
        });
        const job = watch(whisul.job$('a'));
        await seconds(2_147_000);
        expect(api.requests).toHaveLength(1);
        if (value === digits) {
          job.unsubscribe();
        } else {
          await seconds(2_000_000);
          expect(api.times).toEqual([0, Number(value) * 1000]);
        }
      },
    );
  });

  it.each([408, 425, 500, 502, 504])('on a %i it says nothing', async (code) => {
    const { api, whisul } = scriptedClient(inTurn(status(code, { 'Retry-After': '100' }), completed));
    watch(whisul.job$('a'));
    await seconds(30);
    expect(api.times).toEqual([0, 1_000]);
  });

  it('a submit that ended with a longer one than `maxRetryAfter` is not sent again before it, either', async () => {
    const { api, whisul } = scriptedClient(
      byMethod(inTurn(status(429, { 'Retry-After': '900' }), accepted()), () => completed),
    );
    const song$ = whisul.generate$({ prompt: 'rain' });
    const first = watch(song$);
    await seconds(0);
    expect(first.error.code).toBe('rate_limited');
    const second = watch(song$);
    await seconds(899);
    expect(api.posts).toHaveLength(1);
    await seconds(60);
    expect(api.posts).toHaveLength(2);
    expect(statuses(second.values)).toEqual(['submitted', 'completed']);
  });

  it('a long schedule or job timeout does not overflow either', async () => {
    const { api, whisul } = scriptedClient(inTurn(running), {
      schedule: fixedSchedule(2 ** 31 + 5_000),
      jobTimeout: 2 ** 32,
    });
    const job = watch(whisul.job$('a'));
    await seconds(2_000_000);
    expect(api.requests).toHaveLength(1);
    await seconds(200_000);
    expect(api.times).toEqual([0, 2 ** 31 + 5_000]);
    await seconds(2_200_000);
    expect(job.error.code).toBe('job_timeout');
  });
});

describe('retryAfterMs', () => {
  const read = (value: string | null, date?: string) =>
    retryAfterMs({ get: (name) => ({ 'retry-after': value, date: date ?? null })[name] ?? null }, now);

  it('is undefined for absent, empty and garbage', () => {
    for (const value of [null, '', ' ', 'abc', '1,5', '5, 5', '--5', '5s', '1e5', '٣'])
      expect(read(value), String(value)).toBeUndefined();
  });

  it('is never below what was asked, for any number of seconds', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (asked) => {
        const text = asked.toFixed(6);
        expect(read(text)).toBeGreaterThanOrEqual(Number(text) * 1000 - 1e-6);
      }),
    );
  });

  it('never throws, and gives undefined or a whole number of ms that is finite and not negative', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (value, date) => {
        const ms = read(value, date);
        if (ms !== undefined) expect(Number.isSafeInteger(ms) && ms >= 0).toBe(true);
      }),
    );
  });

  it('reads a date against the Date header of the same answer, whatever the clock', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), fc.integer({ min: -1e5, max: 1e5 }), (sent, wait) => {
        expect(read(httpDate((sent + wait) * 1000), httpDate(sent * 1000))).toBe(Math.max(0, wait * 1000));
      }),
    );
  });
});
