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
  throwError,
} from 'rxjs';
import { toFailure } from './stream-failure.js';

/** What is known of the jobs of one source, and their live streams. */
export interface JobBoard {
  /** Never emits; errors with `closed` once the source is. */
  readonly closed$: Observable<never>;
  /** Keeps a state for those who come later. */
  note(state: JobState): void;
  /**
   * The changes of a job's status, the latest at once, up to the terminal one; shared.
   *
   * @param lead$ - where the first states come from, if the job is not followed yet; when it completes, the line goes on
   */
  follow$(id: string, lead$?: Observable<JobState>): Observable<JobState>;
  close(): void;
}

function jobError(error: unknown, jobId: string, lastState: JobState | undefined): WhisulError {
  const { code, message, status, retryAfter, requestId, cause } = toFailure(error).error;
  const hint = message.includes('may still be running') ? '' : ' The job itself may still be running.';
  return new WhisulError(code, message + hint, { jobId, lastState, status, retryAfter, requestId, cause });
}

/** Jobs that are remembered, finished or not. */
const remembered = 1_000;

/**
 * One stream per job, whoever asks for it.
 *
 * @param line - the states of a job from the wire, repeats included
 */
export function createJobBoard(line: (id: string) => Observable<JobState>): JobBoard {
  const known = new Map<string, JobState>();
  const live = new Map<string, Observable<JobState>>();
  const closed$ = new Subject<never>();

  const note = (state: JobState): void => {
    known.delete(state.job_id);
    known.set(state.job_id, state);
    for (const id of known.keys()) {
      if (known.size <= remembered) break;
      known.delete(id);
    }
  };

  const open = (id: string, lead$: Observable<JobState>): Observable<JobState> => {
    let latest = known.get(id);
    if (latest !== undefined) note(latest);
    const start$ = latest === undefined ? EMPTY : of(latest);
    const changes$ = concat(lead$, line(id)).pipe(
      filter(({ status }) => latest === undefined || (status !== latest.status && status !== 'submitted')),
      tap((state) => {
        latest = state;
        note(state);
      }),
    );
    const forget = (): void => {
      live.delete(id);
    };
    return merge(closed$, concat(start$, changes$)).pipe(
      takeWhile((state) => !isTerminal(state), true),
      catchError((error: unknown) => throwError(() => jobError(error, id, latest))),
      // Before the subscribers hear of the end: one of them may subscribe again in that very moment.
      tap({ complete: forget, error: forget, unsubscribe: forget }),
      share({ connector: () => new ReplaySubject<JobState>(1) }),
    );
  };

  return {
    closed$,
    note,
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
