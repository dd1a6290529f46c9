import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentDurations } from './duration-history.js';

const ms = fc.integer({ min: 0, max: 600_000 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

function historyOf(durations: readonly number[]): RecentDurations {
  const history = new RecentDurations();
  for (const duration of durations) history.add(duration);
  return history;
}

describe('the durations of finished jobs', () => {
  it('are the prior while nothing is known: log-normal, median 100 s, sigma 0.5', () => {
    const history = new RecentDurations();
    expect(history.count).toBe(0);
    expect(history.quantile(0.5)).toBeCloseTo(100_000, 6);
  });

  it('are those of the last 200 jobs: older ones make way', () => {
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 450, size: 'max' }), (durations) => {
        const kept = durations.slice(-200).sort((a, b) => a - b);
        const history = historyOf(durations);
        expect(history.count).toBe(kept.length);
        const ranks = kept.map((_, rank) => history.quantile(kept.length === 1 ? 0.5 : rank / (kept.length - 1)));
        for (const [rank, duration] of kept.entries()) expect(ranks[rank]).toBeCloseTo(duration, 4);
      }),
      { numRuns: 40 },
    );
  });

  it('have quantiles that rise with the share and stay within what was seen', () => {
    fc.assert(
      fc.property(fc.array(ms, { minLength: 1, maxLength: 40 }), share, share, (durations, a, b) => {
        const history = historyOf(durations);
        const [low, high] = [history.quantile(Math.min(a, b)), history.quantile(Math.max(a, b))];
        expect(low).toBeLessThanOrEqual(high + 1e-6);
        expect(low).toBeGreaterThanOrEqual(Math.min(...durations));
        expect(high).toBeLessThanOrEqual(Math.max(...durations) + 1e-6);
      }),
    );
  });
});

describe('the prior', () => {
  const deviations = (p: number) => Math.log(new RecentDurations().quantile(p) / 100_000) / 0.5;

  it.each([
    [0.02, -2.0537],
    [0.1, -1.2816],
    [0.25, -0.6745],
    [0.5, 0],
    [0.75, 0.6745],
    [0.9, 1.2816],
    [0.98, 2.0537],
  ])('has its quantile of %d at %d deviations, to within 0.03', (p, z) => {
    expect(Math.abs(deviations(p) - z)).toBeLessThan(0.03);
  });

  it('rises with the share', () => {
    fc.assert(
      fc.property(share, share, (a, b) => {
        expect(deviations(Math.min(a, b))).toBeLessThanOrEqual(deviations(Math.max(a, b)));
      }),
    );
  });
});
