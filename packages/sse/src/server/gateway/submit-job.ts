import { isTerminal, WhisulError, type JobEngine, type JobState } from '@whisul-rx/core';
import { isNotSent } from '@whisul-rx/core/adapter';
import {
  concatWith,
  connect,
  defer,
  filter,
  interval,
  map,
  materialize,
  merge,
  type MonoTypeOperatorFunction,
  raceWith,
  startWith,
  switchMap,
  takeUntil,
  takeWhile,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import { awayTime } from './answer.js';

/** How long a submit may wait for its turn, in ms, and how often is looked after that. */
const patience = 10_000;
const patienceStep = 250;

/** The engine's stream for one prompt: one call, so one paid job at most. */
function start$(engine: JobEngine, prompt: string): Observable<JobState> {
  try {
    return engine.generate$({ prompt });
  } catch (error) {
    return throwError(() => error);
  }
}

/**
 * Starts a job: its states up to the terminal one. A submit that has not begun after 10 s (because of a closed gate or
 * a spent budget) is withdrawn by unsubscribing and errors with `rate_limited`; one that has begun may cost money, and
 * is waited for as long as the engine waits. An engine that ends before the job does is an error.
 *
 * @param closing$ - the server goes away: from then on what has not begun is withdrawn at once
 * @param isUnsent - whether provably nothing was sent for this stream yet; an engine that does not tell has sent
 */
export function submittedJob$(
  engine: JobEngine,
  prompt: string,
  closing$: Observable<unknown>,
  isUnsent: (states$: Observable<JobState>) => boolean = isNotSent,
): Observable<JobState> {
  const states$ = start$(engine, prompt);
  const hasWaited$ = merge(
    timer(patience, patienceStep),
    closing$.pipe(switchMap(() => interval(patienceStep).pipe(startWith(0)))),
  );
  const withdrawn$ = hasWaited$.pipe(
    filter(() => isUnsent(states$)),
    map((): never => {
      throw new WhisulError('rate_limited', 'The job could not be started in time; nothing was sent.', {
        retryAfter: awayTime(),
      });
    }),
  );
  // Not piped itself: an engine that gives no stream is an error of this one.
  return defer(() => states$).pipe(
    connect((shared$) => merge(shared$, withdrawn$.pipe(takeUntil(shared$.pipe(materialize()))))),
    concatWith(throwError(() => new Error('The engine ended before the job did.'))),
    takeWhile((state) => !isTerminal(state), true),
  );
}

/** For what does not outlive its server: errors with `submit_unknown` when it goes away before there is a job. */
export function inDoubtAfter(closing$: Observable<unknown>): MonoTypeOperatorFunction<JobState> {
  const inDoubt$ = closing$.pipe(
    map((): never => {
      throw new WhisulError('submit_unknown', 'The server went away; the job may have been accepted and charged.');
    }),
  );
  return raceWith(inDoubt$);
}
