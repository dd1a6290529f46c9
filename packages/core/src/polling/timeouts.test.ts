import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { handScheduler } from '../../test/hand-scheduler.js';
import { Alarms } from './alarms.js';
import { type Timed, Timeouts } from './timeouts.js';

interface Thing extends Timed<Thing> {
  readonly name: number;
}

function setUp(ms: number) {
  const scheduler = handScheduler();
  const timeouts = new Timeouts<Thing>(new Alarms(scheduler), ms);
  const expired: (readonly [name: number, passed: number])[] = [];
  const make = (name: number, expire: () => void = () => undefined): Thing => ({
    name,
    deadline: Infinity,
    list: undefined,
    before: undefined,
    after: undefined,
    expire: () => {
      expired.push([name, scheduler.passed]);
      expire();
    },
  });
  return { scheduler, timeouts, expired, make };
}

describe('timeouts', () => {
  const name = fc.nat({ max: 7 });
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom('begin' as const, 'end' as const), name }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.nat({ max: 150 }) }),
  );

  it('expire exactly what was begun so long ago and not ended, in that order, and hold a timer only for that', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 200 }), (script, ms) => {
        const { scheduler, timeouts, expired, make } = setUp(ms);
        const all = Array.from({ length: 8 }, (_, i) => make(i));
        let model: { name: number; due: number }[] = [];
        const expected: (readonly [number, number])[] = [];
        for (const action of script) {
          if (action.do === 'advance') {
            const before = scheduler.passed;
            scheduler.advance(action.ms);
            const isDue = ({ due }: { due: number }) => due <= scheduler.passed;
            for (const entry of model.filter(isDue)) expected.push([entry.name, Math.max(before, entry.due)]);
            model = model.filter((entry) => !isDue(entry));
          } else {
            const timed = all[action.name];
            if (timed === undefined) throw new Error('nothing to time');
            model = model.filter((entry) => entry.name !== action.name);
            if (action.do === 'begin') {
              timeouts.begin(timed);
              model.push({ name: action.name, due: scheduler.passed + ms });
            } else timeouts.end(timed);
          }
          expect(expired).toEqual(expected);
          expect(scheduler.timers).toBe(model.length > 0 ? 1 : 0);
        }
      }),
    );
  });

  it('of Infinity never end and hold nothing', () => {
    const { scheduler, timeouts, expired, make } = setUp(Infinity);
    const timed = make(1);
    timeouts.begin(timed);
    expect(scheduler.timers).toBe(0);
    scheduler.advance(1e12);
    timeouts.end(timed);
    expect(expired).toEqual([]);
  });

  it('what expires may end others, and begin anew', () => {
    const { scheduler, timeouts, expired, make } = setUp(100);
    const second = make(2);
    const first = make(1, () => {
      timeouts.end(second);
      if (expired.length < 3) timeouts.begin(first);
    });
    timeouts.begin(first);
    timeouts.begin(second);
    scheduler.advance(1_000);
    expect(expired).toEqual([
      [1, 100],
      [1, 200],
      [1, 300],
    ]);
    expect(scheduler.timers).toBe(0);
  });
});
