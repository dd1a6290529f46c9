import * as fc from 'fast-check';
import { asyncScheduler } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handScheduler } from '../../test/hand-scheduler.js';
import { Alarm, Alarms } from './alarms.js';

function setUp() {
  const scheduler = handScheduler();
  const alarms = new Alarms(scheduler);
  const rung: (readonly [name: number | string, passed: number])[] = [];
  const make = (name: number | string, counts?: boolean) =>
    new Alarm(() => rung.push([name, scheduler.passed]), counts);
  return { scheduler, alarms, rung, make };
}

describe('alarms', () => {
  const names = 8;
  const name = fc.nat({ max: names - 1 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('set' as const), name, halves: fc.integer({ min: -20, max: 300 }) }),
    fc.record({ do: fc.constant('clear' as const), name }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 120 }) }),
  );

  it('ring as a sorted list of them says: in order, each once, never early, not after they were cleared', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 3 }), (script, early) => {
        const { scheduler, alarms, rung, make } = setUp();
        scheduler.early = early;
        const all = Array.from({ length: names }, (_, i) => make(i));
        let model: { name: number; due: number; order: number }[] = [];
        const expected: (readonly [number, number])[] = [];
        script.forEach((action, order) => {
          if (action.do === 'advance') {
            const before = scheduler.passed;
            scheduler.advance(action.ms);
            const isDue = ({ due }: { due: number }) => due <= scheduler.passed;
            const due = model.filter(isDue).sort((a, b) => a.due - b.due || a.order - b.order);
            for (const entry of due) expected.push([entry.name, Math.max(before, entry.due)]);
            model = model.filter((entry) => !isDue(entry));
          } else {
            const alarm = all[action.name];
            if (alarm === undefined) throw new Error('no such alarm');
            model = model.filter((entry) => entry.name !== action.name);
            if (action.do === 'clear') alarms.clear(alarm);
            else {
              alarms.set(alarm, alarms.now() + action.halves / 2);
              model.push({ name: action.name, due: Math.ceil(scheduler.passed + action.halves / 2), order });
            }
          }
          expect(rung).toEqual(expected);
          // One timer for all of them, and none for none.
          expect(scheduler.timers).toBe(model.length > 0 ? 1 : 0);
        });
      }),
    );
  });

  it('may be set and cleared from a ring: what is set there waits for its turn', () => {
    const { scheduler, alarms, rung, make } = setUp();
    const other = make('other');
    const again = new Alarm(() => {
      rung.push(['again', scheduler.passed]);
      alarms.clear(other);
      if (rung.length < 3) alarms.set(again, alarms.now());
    });
    alarms.set(again, alarms.now() + 5);
    alarms.set(other, alarms.now() + 5);
    scheduler.advance(10);
    expect(rung.map(([which]) => which)).toEqual(['again', 'again', 'again']);
    expect(scheduler.timers).toBe(0);
  });

  it('wait longer than a platform timer can', () => {
    const { scheduler, alarms, rung, make } = setUp();
    const wait = 2 ** 33 + 7;
    alarms.set(make('far'), alarms.now() + wait);
    scheduler.advance(wait - 1);
    expect(rung).toEqual([]);
    scheduler.advance(1);
    expect(rung).toEqual([['far', wait]]);
    expect(scheduler.longest).toBe(2 ** 31 - 1);
  });

  it('that do not count hold no timer, unless something keeps them', () => {
    const { scheduler, alarms, rung, make } = setUp();
    alarms.set(make('quiet', false), alarms.now() + 10);
    expect(scheduler.timers).toBe(0);
    alarms.keepAlive(1);
    expect(scheduler.timers).toBe(1);
    scheduler.advance(5);
    alarms.keepAlive(-1);
    expect(scheduler.timers).toBe(0);
    scheduler.advance(20);
    expect(rung).toEqual([]);
    alarms.keepAlive(1);
    scheduler.advance(0);
    expect(rung).toEqual([['quiet', 25]]);
    alarms.keepAlive(-1);
    expect(scheduler.timers).toBe(0);
  });

  it('after$ emits once and completes; unsubscribing clears it', () => {
    const { scheduler, alarms, rung } = setUp();
    const watch = (which: string, ms: number) =>
      alarms.after$(ms).subscribe({
        next: () => rung.push([which, scheduler.passed]),
        complete: () => rung.push([`${which} done`, scheduler.passed]),
      });
    watch('a', 10);
    const left = watch('b', 20);
    scheduler.advance(15);
    left.unsubscribe();
    expect(scheduler.timers).toBe(0);
    scheduler.advance(15);
    expect(rung).toEqual([
      ['a', 10],
      ['a done', 10],
    ]);
  });
});

describe('alarms on the wall clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function setUpWall() {
    const alarms = new Alarms(asyncScheduler);
    let passed = 0;
    const rung: (readonly [name: string, passed: number])[] = [];
    return {
      rung,
      set: (name: string, ms: number) => alarms.set(new Alarm(() => rung.push([name, passed])), alarms.now() + ms),
      advance: (ms: number) => {
        for (const end = passed + ms; passed < end;) {
          passed += 100;
          vi.advanceTimersByTime(100);
        }
      },
    };
  }
  const minute = 60_000;

  it.each([-60 * minute, 60 * minute, -0.2 * minute, 0.2 * minute])('do not heed that it is set by %d ms', (by) => {
    const { rung, set, advance } = setUpWall();
    set('soon', 10_000);
    set('later', 15 * minute);
    advance(4_000);
    vi.setSystemTime(Date.now() + by);
    set('new', 3_000);
    set('after', 20_000);
    advance(15 * minute - 4_000 + 10_000);
    expect(rung.map(([name]) => name)).toEqual(['new', 'soon', 'after', 'later']);
    const due: Readonly<Record<string, number>> = { new: 7_000, soon: 10_000, after: 24_000, later: 15 * minute };
    // Never early; late by no more than went by unseen before the clock was set.
    for (const [name, at] of rung) {
      expect(at).toBeGreaterThanOrEqual(due[name] ?? NaN);
      expect(at).toBeLessThanOrEqual((due[name] ?? NaN) + 4_200);
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});
