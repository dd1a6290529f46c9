import { createWhisul, fixedSchedule } from '@whisul-rx/core';
import * as fc from 'fast-check';
import { Subject, takeUntil } from 'rxjs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { accepted, completed, connectionError, hanging, running, status } from './answers.js';
import { byMethod, scriptedApi } from './scripted-api.js';

type Act =
  | { do: 'song' }
  | { do: 'close' }
  | { do: 'follow' | 'get'; id: string }
  /** Unsubscribes, or aborts, one of those that were begun. */
  | { do: 'leave'; which: number };

const id = fc.constantFrom('a', 'b', 'c');
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('song' as const) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('follow' as const, 'get' as const), id }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
);
/** What is done in the middle of the nth event of a type. */
const reaction = fc.record({
  type: fc.constantFrom('request', 'response', 'submitted', 'transition', 'retry', 'paused', 'resumed'),
  nth: fc.integer({ min: 1, max: 4 }),
  acts: fc.array(act, { minLength: 1, maxLength: 3 }),
});
const wait = fc.constantFrom(0, 1, 500, 3_000, 31_000);
const refusals = [status(429, { 'Retry-After': '2' }), status(429), connectionError('ECONNREFUSED')];
const posts = [accepted('a'), accepted('s'), { ...accepted('t'), delay: 400 }, hanging, status(500), ...refusals];
const gets = [running, completed, { ...running, delay: 400 }, hanging, status(500), status(404), ...refusals];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

it('sends nothing of who has left, nothing after close(), and no prompt twice that was not refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 2, arbitrary: act }, wait), { maxLength: 25 }),
      fc.array(reaction, { maxLength: 5 }),
      fc.array(fc.nat({ max: 100 }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(1, 2, 32),
      fc.constantFrom(1, Infinity),
      async (steps, reactions, draws, maxInFlight, requestsPerSecond) => {
        const draw = <T>(from: readonly T[], index: number) =>
          from[(draws[index % draws.length] ?? 0) % from.length] ?? from[0];
        /** By what is sent: whether the last answer refused it, and who is not to see it any more. */
        const refused = new Map<string, boolean>();
        const taken = new Set<string>();
        const wrong: string[] = [];
        let closed = false;
        const judge = (body: string) => {
          if (closed) wrong.push(`${body} after close()`);
          if (taken.has(body)) wrong.push(`${body} after its caller left`);
          if (refused.get(body) === false) wrong.push(`${body} twice`);
        };
        const api = scriptedApi(
          byMethod(
            ({ body = '' }, index) => {
              const answer = draw(posts, index) ?? hanging;
              judge(body);
              refused.set(body, refusals.includes(answer));
              return answer;
            },
            (_, index) => {
              judge('a GET');
              return draw(gets, index) ?? hanging;
            },
          ),
        );
        const whisul = createWhisul({
          apiKey: 'sk-test',
          transport: api.transport,
          schedule: fixedSchedule(5_000),
          budget: { maxInFlight, requestsPerSecond },
        });
        const leave: (() => void)[] = [];
        const perform = (given: Act): void => {
          if (given.do === 'close') {
            closed = true;
            whisul.close();
          } else if (given.do === 'leave') leave[given.which % leave.length]?.();
          else if (given.do === 'get') {
            const controller = new AbortController();
            leave.push(() => {
              controller.abort();
            });
            whisul.getJob(given.id, { signal: controller.signal }).catch(() => undefined);
          } else {
            const prompt = `song ${String(leave.length)}`;
            const body = JSON.stringify({ prompt });
            const stop$ = new Subject<void>();
            leave.push(() => {
              if (refused.get(body) !== false) taken.add(body);
              stop$.next();
            });
            const states$ = given.do === 'song' ? whisul.generate$(prompt) : whisul.job$(given.id);
            states$.pipe(takeUntil(stop$)).subscribe({ error: () => undefined });
          }
        };
        const counts = new Map<string, number>();
        whisul.events$.subscribe(({ type }) => {
          const count = (counts.get(type) ?? 0) + 1;
          counts.set(type, count);
          for (const { acts } of reactions.filter((each) => each.type === type && each.nth === count)) {
            acts.forEach(perform);
          }
        });
        for (const step of steps) {
          if (typeof step === 'number') await vi.advanceTimersByTimeAsync(step);
          else perform(step);
        }
        perform({ do: 'close' });
        await vi.advanceTimersByTimeAsync(120_000);
        expect(wrong).toEqual([]);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});
