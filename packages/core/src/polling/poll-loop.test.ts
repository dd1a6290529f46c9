import { of, throwError, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { pollLoop$, type PollLoop } from './poll-loop.js';
import { resolveRetryPolicy } from './retry-policy.js';

describe('pollLoop', () => {
  /** Asks in turn; `a` to `y` go on, `z` is the end. */
  const parts = (parts: Pick<PollLoop<string>, 'ask$'> & Partial<PollLoop<string>>, test: TestScheduler) => ({
    firstWait: 0,
    scheduler: test,
    retry: {
      policy: resolveRetryPolicy({ baseDelay: 3, maxFailures: 2 }),
      random: () => 0,
      isTransient: (error: unknown) => error === 'error',
      wait$: (ms: number) => timer(ms, test),
    },
    gap: () => 5,
    isTerminal: (answer: string) => answer === 'z',
    ...parts,
  });
  const run = (marble: (tools: Parameters<Parameters<TestScheduler['run']>[0]>[0], test: TestScheduler) => void) => {
    const test = new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    });
    test.run((tools) => marble(tools, test));
  };

  it('emits every answer, waits from answer to question, and completes with the terminal one', () => {
    run(({ cold, expectObservable }, test) => {
      const answers = [cold('a|'), cold('---(b|)'), cold('--(z|)')];
      const ask = () => answers.shift() ?? throwError(() => new Error('asked too often'));
      // Asked at 0, then 5 after each answer is complete: at 6 and at 14.
      expectObservable(pollLoop$(parts({ ask$: ask }, test))).toBe('a--------b------(z|)');
    });
  });

  it('the first question comes after firstWait, and none before the subscription', () => {
    run(({ cold, expectObservable, expectSubscriptions }, test) => {
      const answer = cold('(z|)');
      expectObservable(pollLoop$(parts({ ask$: () => answer, firstWait: 7 }, test)), '---^').toBe('----------(z|)');
      expectSubscriptions(answer.subscriptions).toBe('----------(^!)');
    });
  });

  it('never has two questions under way, however slow the answers are', () => {
    run(({ cold, expectObservable, expectSubscriptions }, test) => {
      const slow = cold('--------------------(a|)');
      expectObservable(pollLoop$(parts({ ask$: () => slow }, test)), '^ 44ms !').toBe(
        '--------------------a------------------------',
      );
      expectSubscriptions(slow.subscriptions).toBe([
        '^-------------------!',
        '-------------------------^-------------------!',
      ]);
    });
  });

  it('asks for the gap once for each answer, when it is in', () => {
    const gaps = [3, 9];
    run(({ expectObservable, flush }, test) => {
      const loop$ = pollLoop$(parts({ ask$: () => of('a'), gap: () => gaps.shift() ?? 100 }, test));
      expectObservable(loop$, '^-------------------!').toBe('a--a--------a--------');
      flush();
      expect(gaps).toEqual([]);
    });
  });

  it('unsubscribing ends the question under way, or the wait', () => {
    run(({ cold, expectObservable, expectSubscriptions }, test) => {
      const answer = cold('----(a|)');
      expectObservable(pollLoop$(parts({ ask$: () => answer }, test)), '^-!').toBe('---');
      expectObservable(pollLoop$(parts({ ask$: () => answer }, test)), '^-----!').toBe('----a--');
      expectSubscriptions(answer.subscriptions).toBe(['^-!', '^---!']);
    });
  });

  it('a failed question is asked again as `retry` says, until there are too many in a row', () => {
    run(({ cold, expectObservable }, test) => {
      const answers = [cold('-#'), cold('(a|)'), cold('-#'), cold('(z|)')];
      const ask = () => answers.shift() ?? throwError(() => new Error('asked too often'));
      expectObservable(pollLoop$(parts({ ask$: ask }, test))).toBe('----a--------(z|)');
      expectObservable(pollLoop$(parts({ ask$: () => cold('-#') }, test))).toBe('-----#');
      expectObservable(pollLoop$(parts({ ask$: () => cold('-#', {}, 'fatal') }, test))).toBe('-#', {}, 'fatal');
    });
  });

  it('an error of gap or isTerminal ends the stream', () => {
    run(({ expectObservable }, test) => {
      const broken = (): never => {
        throw 'error';
      };
      expectObservable(pollLoop$(parts({ ask$: () => of('a'), gap: broken }, test))).toBe('(a#)');
      expectObservable(pollLoop$(parts({ ask$: () => of('a'), isTerminal: broken }, test))).toBe('#');
    });
  });
});
