import * as fc from 'fast-check';
import { NEVER, Observable, type Subscription } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { handScheduler } from '../../test/hand-scheduler.js';
import { RequestLane, type Turn } from './request-lane.js';

interface Call {
  readonly name: string;
  readonly kind: 'submit' | 'read';
  startedAt: number | undefined;
  turn: Turn | undefined;
  subscription: Subscription | undefined;
}

function setUp({ requestsPerSecond = Infinity, maxInFlight = Infinity } = {}) {
  const scheduler = handScheduler();
  const gate: (readonly [event: number | undefined, passed: number])[] = [];
  const budget = { requestsPerSecond, maxInFlight };
  const lane = new RequestLane(budget, scheduler, scheduler.now, (ms) => {
    gate.push([ms, scheduler.passed]);
  });
  const starts: (readonly [name: string, passed: number])[] = [];
  const enter = (name: string, kind: 'submit' | 'read' = 'read', onStart: (call: Call) => void = () => undefined) => {
    const call: Call = { name, kind, startedAt: undefined, turn: undefined, subscription: undefined };
    const send$ = (turn: Turn) =>
      new Observable<never>((subscriber) => {
        call.turn = turn;
        call.startedAt = scheduler.passed;
        starts.push([name, scheduler.passed]);
        onStart(call);
        return NEVER.subscribe(subscriber);
      });
    call.subscription = lane.run$(kind, send$).subscribe();
    return call;
  };
  const leave = ({ turn, subscription }: Call, outcome: Turn['outcome']) => {
    if (turn !== undefined) turn.outcome = outcome;
    subscription?.unsubscribe();
  };
  const refuse = (call: Call, ms: number) => {
    lane.pause(ms);
    leave(call, 'unanswered');
  };
  const names = () => starts.map(([name]) => name);
  return { scheduler, lane, starts, names, gate, enter, leave, refuse };
}

describe('J10: the budget', () => {
  it('bounds pace and number, submits first but every second start a read; nobody waits for ever or for nothing', () => {
    const arrival = fc.record({
      after: fc.nat({ max: 400 }),
      kind: fc.constantFrom('submit' as const, 'read' as const),
      lasts: fc.nat({ max: 900 }),
      outcome: fc.constantFrom<Turn['outcome']>('answered', 'unanswered'),
    });
    fc.assert(
      fc.property(
        fc.array(arrival, { minLength: 1, maxLength: 30 }),
        fc.constantFrom(1, 4, 20, Infinity),
        fc.constantFrom(1, 2, 5, Infinity),
        (arrivals, requestsPerSecond, maxInFlight) => {
          const { scheduler, leave, starts, enter } = setUp({ requestsPerSecond, maxInFlight });
          const waiting: Call[] = [];
          let inFlight = 0;
          let busiest = 0;
          let readIsNext = false;
          arrivals.forEach(({ after, kind, lasts, outcome }, i) => {
            scheduler.advance(after);
            const onStart = (call: Call) => {
              busiest = Math.max(busiest, (inFlight += 1));
              if (waiting.includes(call)) waiting.splice(waiting.indexOf(call), 1);
              const submitsWait = waiting.some((other) => other.kind === 'submit');
              const readsWait = waiting.some((other) => other.kind === 'read');
              // A read goes before a submit only in its turn, and that turn is a read's.
              if (call.kind === 'read' && submitsWait) expect(readIsNext).toBe(true);
              if (call.kind === 'submit' && readsWait) expect(readIsNext).toBe(false);
              readIsNext = call.kind === 'submit' && readsWait;
              const ahead = waiting.filter((other) => other.kind === call.kind && Number(other.name) < i);
              expect(ahead).toEqual([]);
              scheduler.schedule(() => {
                inFlight -= 1;
                leave(call, outcome);
              }, lasts);
            };
            const call = enter(String(i), kind, onStart);
            if (call.startedAt === undefined) waiting.push(call);
          });
          scheduler.advance(100_000);
          expect(starts).toHaveLength(arrivals.length);
          expect(busiest).toBeLessThanOrEqual(maxInFlight);
          const times = starts.map(([, passed]) => passed);
          times.slice(1).forEach((time, i) => {
            expect(time - (times[i] ?? NaN)).toBeGreaterThanOrEqual(1000 / requestsPerSecond);
          });
          expect(scheduler.timers).toBe(0);
          if (maxInFlight !== Infinity) return;
          // Where only the pace holds calls back, each goes as soon as that allows.
          let at = 0;
          let free = 0;
          const ideal = arrivals.map(({ after }) => {
            at += after;
            const start = Math.max(at, free);
            free = start + 1000 / requestsPerSecond;
            return start;
          });
          expect(times).toEqual(ideal);
        },
      ),
    );
  });

  it('a call that is given up while it waits makes room, and takes no turn', () => {
    const { scheduler, leave, names, enter } = setUp({ requestsPerSecond: 1 });
    enter('a');
    const gone = enter('gone');
    enter('b');
    leave(gone, 'unanswered');
    scheduler.advance(1_000);
    expect(names()).toEqual(['a', 'b']);
  });

  it('when all that wait give up, no timer is held', () => {
    const { scheduler, leave, enter } = setUp({ requestsPerSecond: 1 });
    enter('a');
    leave(enter('b'), 'unanswered');
    expect(scheduler.timers).toBe(0);
  });
});

describe('J9: the gate', () => {
  it('holds everything back, submits too; then one call goes as a probe, and its answer opens it', () => {
    const { scheduler, leave, names, gate, enter, refuse } = setUp();
    refuse(enter('a'), 1_000);
    enter('b');
    enter('c');
    const submit = enter('s', 'submit');
    scheduler.advance(999);
    expect(names()).toEqual(['a']);
    scheduler.advance(1);
    expect(names()).toEqual(['a', 's']);
    scheduler.advance(10_000);
    expect(names()).toEqual(['a', 's']);
    leave(submit, 'answered');
    expect(names()).toEqual(['a', 's', 'b', 'c']);
    expect(gate).toEqual([
      [1_000, 0],
      [undefined, 11_000],
    ]);
  });

  it('a probe that is refused keeps it closed', () => {
    const { scheduler, leave, names, gate, enter, refuse } = setUp();
    refuse(enter('a'), 1_000);
    const probe = enter('b');
    const next = enter('c');
    enter('d');
    scheduler.advance(1_000);
    refuse(probe, 2_000);
    scheduler.advance(1_999);
    expect(names()).toEqual(['a', 'b']);
    scheduler.advance(1);
    expect(names()).toEqual(['a', 'b', 'c']);
    leave(next, 'answered');
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    expect(gate).toEqual([
      [1_000, 0],
      [2_000, 1_000],
      [undefined, 3_000],
    ]);
  });

  it('a probe without an answer hands its part on, with the gate still closed for the others', () => {
    const { scheduler, leave, names, gate, enter, refuse } = setUp();
    refuse(enter('a'), 1_000);
    const probe = enter('b');
    const second = enter('c');
    enter('d');
    scheduler.advance(1_000);
    leave(probe, 'unanswered');
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(gate).toHaveLength(1);
    leave(second, 'answered');
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    expect(gate.at(-1)).toEqual([undefined, 1_000]);
  });

  it('with nobody waiting, the next call to come is the probe', () => {
    const { scheduler, leave, names, gate, enter, refuse } = setUp();
    refuse(enter('a'), 1_000);
    scheduler.advance(5_000);
    const probe = enter('b');
    enter('c');
    expect(names()).toEqual(['a', 'b']);
    leave(probe, 'answered');
    expect([names(), gate.at(-1)]).toEqual([
      ['a', 'b', 'c'],
      [undefined, 5_000],
    ]);
  });

  it('a 429 of an older call while the probe is under way closes it for longer: the answer does not open it', () => {
    const { scheduler, leave, names, gate, enter, refuse } = setUp();
    const [a, old] = [enter('a'), enter('old')];
    refuse(a, 1_000);
    const probe = enter('b');
    enter('c');
    enter('d');
    scheduler.advance(1_000);
    refuse(old, 3_000);
    leave(probe, 'answered');
    scheduler.advance(2_999);
    expect(names()).toEqual(['a', 'old', 'b']);
    scheduler.advance(1);
    expect(names()).toEqual(['a', 'old', 'b', 'c']);
    expect(gate).toEqual([
      [1_000, 0],
      [3_000, 1_000],
    ]);
  });

  it('answers to older calls do not open it, and a shorter wait does not shorten it', () => {
    const { scheduler, leave, names, gate, enter, refuse } = setUp();
    const [a, old, older] = [enter('a'), enter('old'), enter('older')];
    refuse(a, 5_000);
    refuse(old, 1_000);
    leave(older, 'answered');
    enter('b');
    scheduler.advance(4_999);
    expect([names(), gate]).toEqual([['a', 'old', 'older'], [[5_000, 0]]]);
    scheduler.advance(1);
    expect(names().at(-1)).toBe('b');
  });

  it('while it is closed, giving up is free, and no timer is held for nobody', () => {
    const { scheduler, leave, names, enter, refuse } = setUp();
    refuse(enter('a'), 5_000);
    leave(enter('b'), 'unanswered');
    expect(scheduler.timers).toBe(0);
    enter('c');
    scheduler.advance(5_000);
    expect(names()).toEqual(['a', 'c']);
  });

  it('the pace holds for probes as well', () => {
    const { scheduler, starts, enter, refuse } = setUp({ requestsPerSecond: 0.1 });
    refuse(enter('a'), 1_000);
    enter('b');
    scheduler.advance(20_000);
    expect(starts).toEqual([
      ['a', 0],
      ['b', 10_000],
    ]);
  });
});

it('a lane that is closed starts nothing any more, and holds no timer', () => {
  const { scheduler, lane, leave, enter, names } = setUp({ maxInFlight: 1, requestsPerSecond: 1 });
  const first = enter('first');
  enter('waits', 'submit');
  lane.close();
  leave(first, 'answered');
  enter('late', 'submit');
  scheduler.advance(60_000);
  expect(names()).toEqual(['first']);
  expect(scheduler.timers).toBe(0);
});
