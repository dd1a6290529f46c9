import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptiveSchedule } from './adaptive-schedule.js';
import { type DurationHistory, RecentDurations } from './duration-history.js';

const nothing = new RecentDurations();

/** A client that has seen `count` jobs, all of that shape: log-normal, in the middle of each share. */
function seen(count: number, median: number, sigma = 0.5): DurationHistory {
  const history = new RecentDurations();
  const uniform = (i: number) => Math.log((i + 0.5) / (count - i - 0.5)) / 1.702;
  for (let i = 0; i < count; i += 1) history.add(median * Math.exp(sigma * uniform(i)));
  return history;
}

describe('adaptiveSchedule', () => {
  const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
  const gap = fc.integer({ min: 0, max: 1e9 });
  const durations = fc.array(ms, { maxLength: 30 }).map((list) => {
    const history = new RecentDurations();
    for (const duration of list) history.add(duration);
    return history;
  });

  it('stays between min and max, and comes closer with time, whatever the jobs were', () => {
    fc.assert(
      fc.property(
        gap,
        gap,
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        durations,
        ms,
        ms,
        (a, b, expected, known, t, u) => {
          const [min, max] = [Math.min(a, b), Math.max(a, b)];
          const schedule = adaptiveSchedule({ min, max, expected });
          const early = schedule({ polls: 0, elapsed: Math.min(t, u), durations: known });
          const late = schedule({ polls: 1, elapsed: Math.max(t, u), durations: known });
          for (const gap of [early, late]) {
            expect(gap).toBeGreaterThanOrEqual(min);
            expect(gap).toBeLessThanOrEqual(max);
          }
          expect(late).toBeLessThanOrEqual(early);
        },
      ),
    );
  });

  it('is 10 s apart at first and 5 s apart where jobs usually finish, from a median of 100 s', () => {
    const schedule = adaptiveSchedule();
    const gapAt = (elapsed: number) => schedule({ polls: 0, elapsed, durations: nothing });
    expect([0, 10_000, 30_000].map(gapAt)).toEqual([10_000, 10_000, 10_000]);
    expect(gapAt(50_000)).toBeGreaterThan(5_000);
    expect(gapAt(50_000)).toBeLessThan(10_000);
    expect([100_000, 200_000, 900_000].map(gapAt)).toEqual([5_000, 5_000, 5_000]);
  });

  it('`expected` moves it in time', () => {
    const [slow, usual] = [adaptiveSchedule({ expected: 1_000_000 }), adaptiveSchedule()];
    for (const elapsed of [30_000, 45_000, 60_000, 90_000]) {
      const gap = slow({ polls: 0, elapsed: elapsed * 10, durations: nothing });
      expect(gap).toBeCloseTo(usual({ polls: 0, elapsed, durations: nothing }), 6);
    }
  });

  it('learns how long jobs take: after 200 it hardly matters what was expected', () => {
    for (const median of [30_000, 100_000, 300_000]) {
      const known = seen(200, median);
      const [low, high, told] = [0.3, 3, 1].map((error) => adaptiveSchedule({ expected: median * error }));
      for (let elapsed = 0; elapsed < 3 * median; elapsed += median / 20) {
        const state = { polls: 0, elapsed, durations: known };
        const right = told?.(state) ?? NaN;
        expect(Math.abs((low?.(state) ?? NaN) - right)).toBeLessThan(400);
        expect(Math.abs((high?.(state) ?? NaN) - right)).toBeLessThan(400);
      }
    }
  });

  it('learns how much they differ: alike jobs are waited for longer', () => {
    const schedule = adaptiveSchedule();
    const at = (sigma: number) => schedule({ polls: 0, elapsed: 55_000, durations: seen(200, 100_000, sigma) });
    expect(at(0.1)).toBe(10_000);
    expect(at(0.5)).toBeLessThan(at(0.1));
    expect(at(0.8)).toBeLessThan(at(0.5));
  });

  it('one odd job does not throw it off', () => {
    const odd = new RecentDurations();
    odd.add(1_000);
    expect(adaptiveSchedule()({ polls: 0, elapsed: 10_000, durations: odd })).toBeGreaterThan(8_000);
    const instant = new RecentDurations();
    for (let i = 0; i < 200; i += 1) instant.add(0);
    const gap = adaptiveSchedule()({ polls: 0, elapsed: 0, durations: instant });
    expect(gap).toBeGreaterThanOrEqual(5_000);
    expect(gap).toBeLessThanOrEqual(10_000);
  });

  it.each([[{ min: -1 }], [{ min: NaN }], [{ max: 4_000 }], [{ min: 9_000, max: 8_000 }], [{ expected: 0 }]])(
    'refuses %j',
    (options) => {
      expect(() => adaptiveSchedule(options)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );

  it('a `min` above the usual `max` is the pace', () => {
    const schedule = adaptiveSchedule({ min: 20_000 });
    expect(schedule({ polls: 0, elapsed: 0, durations: nothing })).toBe(20_000);
  });
});
