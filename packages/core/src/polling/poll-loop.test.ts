import { defer, type Observable, of, type SchedulerLike, throwError, timer, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { pollLoop$, type PollLoop } from './poll-loop.js';

describe('pollLoop', () => {
  /** Waits 5 before each question but the first; `a` to `y` go on, `z` is the end. */
  const parts = (parts: Pick<PollLoop<string>, 'ask$'> & Partial<PollLoop<string>>, test: SchedulerLike) => {
    let wait = 0;
    return {
      due$: defer(() => {
        const due$ = timer(wait, test);
        wait = 5;
        return due$;
      }),
      onFailure: () => undefined,
      isTerminal: (answer: string) => answer === 'z',
      ...parts,
    };
  };
  /** Asks in turn. */
  const inTurn = (...answers: Observable<string>[]) =>
    defer(() => answers.shift() ?? throwError(() => new Error('asked too often')));
  const run = (marble: (tools: Parameters<Parameters<TestScheduler['run']>[0]>[0], test: TestScheduler) => void) => {
    const test = new TestScheduler((actual, expected) => {
      expect(actual).toEqual(expected);
    });
    test.run((tools) => marble(tools, test));
  };

  it('emits every answer, waits from answer to question, and completes with the terminal one', () => {
    run(({ cold, expectObservable }, test) => {
      const ask$ = inTurn(cold('a|'), cold('---(b|)'), cold('--(z|)'));
      // Asked at 0, then 5 after each answer is complete: at 6 and at 14.
      expectObservable(pollLoop$(parts({ ask$ }, test))).toBe('a--------b------(z|)');
    });
  });

  it('the first question waits, too, and there is none before the subscription', () => {
    run(({ cold, expectObservable, expectSubscriptions }, test) => {
      const ask$ = cold('(z|)');
      expectObservable(pollLoop$(parts({ ask$, due$: timer(7, test) }, test)), '---^').toBe('----------(z|)');
      expectSubscriptions(ask$.subscriptions).toBe('----------(^!)');
    });
  });

  it('never has two questions under way, however slow the answers are', () => {
    run(({ cold, expectObservable, expectSubscriptions }, test) => {
      const slow = cold('--------------------(a|)');
      expectObservable(pollLoop$(parts({ ask$: slow }, test)), '^ 44ms !').toBe(
        '--------------------a------------------------',
      );
      expectSubscriptions(slow.subscriptions).toBe([
        '^-------------------!',
        '-------------------------^-------------------!',
      ]);
    });
  });

  it('unsubscribing ends the question under way, or the wait', () => {
    run(({ cold, expectObservable, expectSubscriptions }, test) => {
      const answer = cold('----(a|)');
      expectObservable(pollLoop$(parts({ ask$: answer }, test)), '^-!').toBe('---');
      expectObservable(pollLoop$(parts({ ask$: answer }, test)), '^-----!').toBe('----a--');
      expectSubscriptions(answer.subscriptions).toBe(['^-!', '^---!']);
    });
  });

  it('a failed question is asked again after the wait, unless onFailure throws: then the loop ends with that', () => {
    run(({ cold, expectObservable }, test) => {
      const failures: unknown[] = [];
      const onFailure = (error: unknown) => {
        failures.push(error);
        if (failures.length === 3) throw 'final';
      };
      const ask$ = inTurn(cold('-#'), cold('a|'), cold('-#'), cold('#'));
      expectObservable(pollLoop$(parts({ ask$, onFailure }, test))).toBe('------a-----------#', undefined, 'final');
    });
  });

  it('thousands of failures in a row do not pile up', () => {
    const virtual = new VirtualTimeScheduler(undefined, Infinity);
    let left = 20_000;
    const ask$ = defer(() => ((left -= 1) > 0 ? throwError(() => 'no') : of('z')));
    const answers: string[] = [];
    const end = pollLoop$(parts({ ask$, due$: timer(1, virtual) }, virtual)).subscribe((answer) =>
      answers.push(answer),
    );
    virtual.flush();
    expect([answers, end.closed]).toEqual([['z'], true]);
  });

  it('an error of due$ or isTerminal ends the stream', () => {
    run(({ expectObservable }, test) => {
      const broken = (): never => {
        throw 'error';
      };
      const dues = [timer(0, test)];
      const due$ = defer(() => dues.shift() ?? broken());
      expectObservable(pollLoop$(parts({ ask$: of('a'), due$ }, test))).toBe('(a#)');
      expectObservable(pollLoop$(parts({ ask$: of('a'), isTerminal: broken }, test))).toBe('#');
    });
  });
});
