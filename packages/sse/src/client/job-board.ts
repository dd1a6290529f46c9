import { isTerminal, type JobState, WhisulError } from '@whisul-rx/core';
import {
  catchError,
  concat,
  EMPTY,
  filter,
  merge,
  type Observable,
  of,
  ReplaySubject,
  share,
  Subject,
  takeWhile,
  tap,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import { until$ } from './reconnect.js';
import { retell, type StreamFailure, toFailure } from './stream-failure.js';

/** What is known of the jobs of one source, and their live streams. */
export interface JobBoard {
  /** Never emits; errors with `closed` once the source is. */
  readonly closed$: Observable<never>;
  /**
   * The changes of a job's status, the latest at once, up to the terminal one; shared.
   *
   * @param lead$ - where the first states come from, if the job is not followed yet; when it completes, the line goes on
   */
  follow$(id: string, lead$?: Observable<JobState>): Observable<JobState>;
  /** Takes the first state of a job that this source has submitted, unless more is known. */
  learn(state: JobState): void;
  readonly close: () => void;
}

function jobError({ error }: StreamFailure, jobId: string, lastState: JobState | undefined): WhisulError {
  const { code, message } = error;
  const hint = message.includes('may still be running') ? '' : ' Its outcome is not known; it may still be running.';
  return retell(error, code, `Job ${jobId}: ${message}${hint}`, { jobId, lastState });
}

/** Jobs that are remembered, finished or not. */
const remembered = 1_000;

function keep<T>(pool: Map<string, T>, id: string, value: T): void {
  pool.delete(id);
  pool.set(id, value);
  const [oldest = ''] = pool.keys();
  if (pool.size > remembered) pool.delete(oldest);
}

/**
 * One stream per job for all subscribers.
 *
 * @param line - the states of a job from the wire, repeats included
 */
export function createJobBoard({ scheduler, policy }: Gateway, line: (id: string) => Observable<JobState>): JobBoard {
  const known = new Map<string, JobState>();
  /** When jobs that have failed may be asked for again: `retry()` must not become a hot loop. */
  const resting = new Map<string, number>();
  const live = new Map<string, Observable<JobState>>();
  const closed$ = new Subject<never>();

  const open = (id: string, lead$: Observable<JobState>): Observable<JobState> => {
    let latest = known.get(id);
    if (latest !== undefined) keep(known, id, latest);
    const start$ = latest === undefined ? EMPTY : of(latest);
    const rest$ = until$(scheduler, () => resting.get(id) ?? 0);
    const changes$ = concat(lead$, rest$, line(id)).pipe(
      filter(({ status }) => latest === undefined || (status !== latest.status && status !== 'submitted')),
      tap((state) => {
        latest = state;
        keep(known, id, state);
      }),
    );
    const forget = (): void => {
      live.delete(id);
    };
    // A subscriber may close the source in the very moment of the end: that is too late.
    let ending = false;
    const closing$ = closed$.pipe(
      catchError((error: unknown) => {
        if (ending) return EMPTY;
        throw toFailure(error);
      }),
    );
    return merge(closing$, concat(start$, changes$)).pipe(
      takeWhile((state) => !(ending = isTerminal(state)), true),
      catchError((error: unknown) => {
        keep(resting, id, scheduler.now() + policy.baseDelay);
        throw jobError(toFailure(error), id, latest);
      }),
      // Before the subscribers hear of the end: one of them may subscribe again in that very moment.
      tap({ complete: forget, error: forget, unsubscribe: forget }),
      share({ connector: () => new ReplaySubject<JobState>(1) }),
    );
  };

  return {
    closed$,
    learn: (state) => {
      if (!known.has(state.job_id)) keep(known, state.job_id, state);
    },
    follow$: (id, lead$ = EMPTY) => {
      const stream$ = live.get(id) ?? open(id, lead$);
      live.set(id, stream$);
      return stream$;
    },
    close: () => {
      closed$.error(new WhisulError('closed', 'This source was closed.'));
    },
  };
}
