import * as fc from 'fast-check';
import { interval, type Subscription, take, timer } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watch } from '../../test/watch.js';
import { SharedTimerScheduler } from './shared-timer-scheduler.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ignore = () => undefined;

describe('the waits of a client', () => {
  it('none ends early, none is lost, and those that leave keep no timer', () => {
    const wait = fc.record({ after: fc.nat(3_000), ms: fc.nat(20_000), leavesAfter: fc.option(fc.nat(20_000)) });
    fc.assert(
      fc.property(fc.array(wait, { maxLength: 400 }), (waits) => {
        const scheduler = new SharedTimerScheduler();
        const began = performance.now();
        const ends: (number | undefined)[] = [];
        const left: (Subscription | undefined)[] = [];
        waits.forEach(({ after, ms, leavesAfter }, i) => {
          setTimeout(() => {
            left[i] = timer(ms, scheduler).subscribe(() => (ends[i] = performance.now() - began));
            if (leavesAfter !== null) setTimeout(() => left[i]?.unsubscribe(), leavesAfter);
          }, after);
        });
        vi.advanceTimersByTime(50_000);
        waits.forEach(({ after, ms, leavesAfter }, i) => {
          const due = after + ms;
          const end = ends[i];
          if (leavesAfter === null || leavesAfter > ms + 10) expect(end).toBeDefined();
          if (leavesAfter !== null && leavesAfter + 1 < ms) expect(end).toBeUndefined();
          if (end !== undefined) expect(end - due).toBeGreaterThanOrEqual(0);
          if (end !== undefined) expect(end - due).toBeLessThanOrEqual(10);
        });
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('few of them end to the millisecond; many share their timers within 10 ms', () => {
    const scheduler = new SharedTimerScheduler();
    const alone = watch(timer(1_234, scheduler));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_234);
    expect(alone.completions).toBe(1);
    const many = Array.from({ length: 1_000 }, (_, i) => timer(5_000 + i, scheduler).subscribe(ignore));
    expect(vi.getTimerCount()).toBeLessThan(310);
    for (const one of many) one.unsubscribe();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('those of one moment end in the order in which they fell due, and one may take back another', () => {
    const scheduler = new SharedTimerScheduler();
    const ended: string[] = [];
    const [later, sooner] = [8, 5];
    timer(later, scheduler).subscribe(() => ended.push('later'));
    vi.advanceTimersByTime(3);
    const taken: Subscription[] = [];
    timer(sooner, scheduler).subscribe(() => {
      ended.push('sooner');
      for (const one of taken) one.unsubscribe();
    });
    taken.push(timer(sooner, scheduler).subscribe(() => ended.push('taken back')));
    vi.advanceTimersByTime(10);
    expect(ended).toEqual(['later', 'sooner']);
  });

  it('one that throws does not hold up the others', () => {
    const scheduler = new SharedTimerScheduler();
    scheduler.schedule(() => {
      throw new Error('a bug');
    }, 5);
    const other = watch(timer(5, scheduler));
    expect(() => vi.advanceTimersByTime(10)).toThrow('a bug');
    vi.advanceTimersByTime(10);
    expect(other.completions).toBe(1);
  });

  it('a wait that is longer than a platform timer holds ends at its time', () => {
    const scheduler = new SharedTimerScheduler();
    const long = watch(timer(2 ** 31 + 5_000, scheduler));
    vi.advanceTimersByTime(2 ** 31 + 4_999);
    expect(long.completions).toBe(0);
    vi.advanceTimersByTime(1);
    expect(long.completions).toBe(1);
  });

  it('works for repeated waits, as every RxJS scheduler does', () => {
    const ticks = watch(interval(100, new SharedTimerScheduler()).pipe(take(3)));
    vi.advanceTimersByTime(1_000);
    expect([ticks.values, ticks.completions, vi.getTimerCount()]).toEqual([[0, 1, 2], 1, 0]);
  });
});

describe('the clock', () => {
  it.each([-3_600_000, 3_600_000])('is not the one on the wall: that may be set by %d ms', (by) => {
    const scheduler = new SharedTimerScheduler();
    const before = scheduler.elapsed();
    const job = watch(timer(10_000, scheduler));
    vi.setSystemTime(Date.now() + by);
    vi.advanceTimersByTime(9_999);
    expect(job.completions).toBe(0);
    vi.advanceTimersByTime(1);
    expect([job.completions, scheduler.elapsed() - before, scheduler.now() - Date.now()]).toEqual([1, 10_000, 0]);
  });

  it('follows the timers where tests fake these and not the clock', () => {
    vi.useRealTimers();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const scheduler = new SharedTimerScheduler();
    const before = scheduler.elapsed();
    const waits = watch(interval(10_000, scheduler).pipe(take(3)));
    // Each wait is rounded up to the ms of a clock that goes on by itself.
    vi.advanceTimersByTime(30_100);
    expect(waits.completions).toBe(1);
    expect(scheduler.elapsed() - before).toBeGreaterThanOrEqual(30_000);
  });

  it('a timer that fires a little early is set again', () => {
    const real = globalThis.setTimeout;
    vi.stubGlobal('setTimeout', (work: () => void, ms: number) => real(work, Math.max(0, ms - 1)));
    const scheduler = new SharedTimerScheduler();
    const began = performance.now();
    let ended = 0;
    timer(50, scheduler).subscribe(() => (ended = performance.now() - began));
    vi.advanceTimersByTime(100);
    vi.unstubAllGlobals();
    expect(ended).toBeGreaterThanOrEqual(50);
  });
});
