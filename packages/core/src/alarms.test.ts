import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handScheduler } from '../test/hand-scheduler.js';
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

  it('go on ringing after one of them throws', () => {
    const { scheduler, alarms, rung, make } = setUp();
    const broken = new Alarm(() => {
      throw new Error('from a ring');
    });
    alarms.set(broken, alarms.now() + 1);
    alarms.set(make('next'), alarms.now() + 2);
    expect(() => scheduler.advance(5)).toThrow('from a ring');
    scheduler.advance(5);
    expect(rung.map(([which]) => which)).toEqual(['next']);
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

  it.each([-3_600_000, 3_600_000, -7_000, 7_000])('are not moved by a clock that is set by %d ms', (by) => {
    const { scheduler, alarms, rung, make } = setUp();
    alarms.set(make('soon'), alarms.now() + 10_000);
    alarms.set(make('later'), alarms.now() + 900_000);
    scheduler.advance(4_000);
    scheduler.setClock(by);
    scheduler.advance(6_000);
    expect(rung).toEqual([['soon', 10_000]]);
    alarms.set(make('new'), alarms.now() + 5_000);
    scheduler.advance(889_999);
    expect(rung).toEqual([
      ['soon', 10_000],
      ['new', 15_000],
    ]);
    scheduler.advance(1);
    expect(rung.at(-1)).toEqual(['later', 900_000]);
    expect(scheduler.timers).toBe(0);
  });

  it.each([-3_600_000, 3_600_000])('nor is one that is set just after, by %d ms', (by) => {
    const { scheduler, alarms, rung, make } = setUp();
    alarms.set(make('soon'), alarms.now() + 10_000);
    scheduler.advance(4_000);
    scheduler.setClock(by);
    alarms.set(make('new'), alarms.now() + 1_000);
    scheduler.advance(20_000);
    expect(rung.map(([which]) => which).sort()).toEqual(['new', 'soon']);
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
