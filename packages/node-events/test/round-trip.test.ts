import { isTerminal, WhisulError, type JobState } from '@whisul-rx/core';
import { fromEmitter, toEmitter } from '@whisul-rx/node-events';
import fc from 'fast-check';
import {
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  lastValueFrom,
  materialize,
  NEVER,
  of,
  Subject,
  type Observable,
  throwError,
  timer,
  toArray,
} from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it, vi } from 'vitest';
import { completed, failed, running, submitted } from './job-states.js';
import { settled } from './record.js';

const problem = new WhisulError('server_error', 'gave up', { jobId: 'j1', lastState: running, status: 503 });

/** Any course a job stream can take: some states, then its end. */
const course = fc.record({
  states: fc.array(fc.constantFrom<JobState>(submitted, running, { ...running, reported_status: 'mixing' })),
  end: fc.constantFrom<JobState | WhisulError>(completed, failed, problem),
  // Before each state: nothing, a microtask, or a turn of the event loop.
  pauses: fc.array(fc.constantFrom<Observable<unknown>>(EMPTY, from(Promise.resolve()), timer(0)), { minLength: 1 }),
});

type Course = typeof course extends fc.Arbitrary<infer T> ? T : never;

function play$({ states, end, pauses }: Course) {
  const steps = [...states, end].map((step, index) => ({ step, pause$: pauses[index % pauses.length] ?? EMPTY }));
  return from(steps).pipe(
    concatMap(({ step, pause$ }) =>
      concat(pause$.pipe(ignoreElements()), step instanceof WhisulError ? throwError(() => step) : of(step)),
    ),
  );
}

describe('fromEmitter(toEmitter(job$)) is job$', () => {
  it('for every course of a job: values, completion, error; and no listener is left', async () => {
    await fc.assert(
      fc.asyncProperty(course, async ({ states, end, pauses }) => {
        const emitter = toEmitter(play$({ states, end, pauses }));
        const there = await lastValueFrom(fromEmitter(emitter).pipe(materialize(), toArray()));
        const values = there.flatMap((notification) => (notification.kind === 'N' ? [notification.value] : []));
        expect(values).toEqual(end instanceof WhisulError ? states : [...states, end]);
        values.forEach((value, index) => expect(value).toBe([...states, end][index]));
        expect(there.at(-1)).toEqual(
          end instanceof WhisulError
            ? expect.objectContaining({ kind: 'E', error: problem })
            : expect.objectContaining({ kind: 'C' }),
        );
        await settled();
        expect(emitter.eventNames()).toEqual([]);
        expect(emitter.closed).toBe(true);
      }),
    );
  });

  it('for many subscribers that come and go while it runs', async () => {
    await fc.assert(
      fc.asyncProperty(course, fc.array(fc.nat(6), { minLength: 1, maxLength: 6 }), async (given, delays) => {
        const emitter = toEmitter(play$({ ...given, end: completed }));
        const all = [...given.states, completed];
        await Promise.all(
          delays.map(async (turns) => {
            for (let turn = 0; turn < turns; turn += 1) await settled();
            const values = await lastValueFrom(fromEmitter(emitter).pipe(toArray()));
            // A later subscriber sees a later part, the terminal state always, and nothing twice that was there once.
            expect(all.slice(-values.length)).toEqual(values);
          }),
        );
        await settled();
        expect(emitter.eventNames()).toEqual([]);
      }),
    );
  });

  it.each(['-s--r-----(c|)', '-r 900ms (f|)', '-s--r--#', '-(c|)', '-#', '-(sr)--(c|)'])(
    'in virtual time, once it has started: %s',
    async (marbles) => {
      const source$ = new Subject<JobState>();
      const emitter = toEmitter(source$);
      const closed = vi.fn();
      emitter.on('close', closed);
      await settled();
      const scheduler = new TestScheduler((actual, expected) => {
        expect(actual).toEqual(expected);
      });
      scheduler.run(({ hot, expectObservable }) => {
        const states = { s: submitted, r: running, c: completed, f: failed };
        hot<JobState>(marbles, states, problem).subscribe(source$);
        expectObservable(fromEmitter(emitter)).toBe(marbles, states, problem);
      });
      expect(closed).toHaveBeenCalledOnce();
      expect(emitter.eventNames()).toEqual(['close']);
    },
  );

  it('law J1 holds on the way: nothing comes after the terminal state', async () => {
    const after$ = concat(
      of(running, completed),
      defer(() => NEVER),
    );
    const values = await lastValueFrom(fromEmitter(toEmitter(after$)).pipe(toArray()));
    expect(values).toEqual([running, completed]);
    expect(values.filter(isTerminal)).toHaveLength(1);
  });
});
