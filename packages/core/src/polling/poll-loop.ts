import { defer, type Observable, repeat, type SchedulerLike, switchMap, takeWhile } from 'rxjs';
import { longTimer$ } from './long-timer.js';
import { retryFailures, type RetryHooks, type RetryOptions } from './retry-failures.js';

/** The parts of a {@link pollLoop$}. */
export interface PollLoop<T> {
  /** Ms before the first question. */
  readonly firstWait: number;
  readonly scheduler: SchedulerLike;
  /** Asks once: emits one answer and completes. */
  readonly ask$: () => Observable<T>;
  /** How a failed question is asked again. */
  readonly retry: RetryOptions & RetryHooks;
  /** Ms from the answer just emitted to the next question. */
  readonly gap: () => number;
  readonly isTerminal: (answer: T) => boolean;
}

/**
 * Asks, waits, and asks again until an answer is terminal: emits every answer, and completes with the terminal one.
 * The wait starts when the answer is in, so there are never two questions under way, however slow the answers are.
 */
export function pollLoop$<T>({ firstWait, scheduler, ask$, retry, gap, isTerminal }: PollLoop<T>): Observable<T> {
  const answers$ = defer(ask$).pipe(retryFailures(retry), repeat({ delay: () => longTimer$(gap(), scheduler) }));
  return longTimer$(firstWait, scheduler).pipe(
    switchMap(() => answers$),
    takeWhile((answer) => !isTerminal(answer), true),
  );
}
