import { isTerminal, type JobRef, type JobState, WhisulError } from '@whisul-rx/core';
import { longTimer$, parseJobRef } from '@whisul-rx/core/adapter';
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  distinctUntilKeyChanged,
  EMPTY,
  filter,
  finalize,
  interval,
  map,
  merge,
  type Observable,
  of,
  ReplaySubject,
  share,
  startWith,
  takeWhile,
  tap,
} from 'rxjs';
import type { Cluster } from '../cluster/cluster.js';
import { patiently } from '../cluster/patiently.js';
import { engineError } from '../cluster/engine-error.js';
import { retold } from '../error-record.js';
import type { Followers } from './followers.js';
import { newsOf, type PollNews, pollRecordId } from './poll-record.js';
import { openPollRecord, rereadPollRecord } from './open-poll-record.js';
import { RememberedStates } from './remembered-states.js';

/** Events are a hint, and the record is the truth: it is read again this often, in ms. */
const rereadGap = 30_000;
const remembered = 1_000;

/** The jobs that this process follows, wherever in the cluster they are polled. */
export class JobFollowing {
  readonly #cluster: Cluster;
  readonly #followers: Followers;
  readonly #jobTimeout: number;
  readonly #known = new RememberedStates(remembered);
  readonly #live = new Map<string, Observable<JobState>>();

  constructor(cluster: Cluster, followers: Followers, jobTimeout: number) {
    this.#cluster = cluster;
    this.#followers = followers;
    this.#jobTimeout = jobTimeout;
  }

  /** The transitions of a job; the latest state at once where this process has seen one. */
  follow$(ref: JobRef): Observable<JobState> {
    return defer(() => {
      const { id, poll_url } = parseJobRef(ref);
      const known = this.#known.get(id);
      if (known && isTerminal(known)) return of(known);
      const live$ = this.#live.get(id) ?? this.#begin$(id, poll_url);
      return (known ? live$.pipe(startWith(known)) : live$).pipe(distinctUntilKeyChanged('status'));
    });
  }

  /** Makes the receipt of a submit known, so that the job's followers get it at once. */
  receive(receipt: JobState): void {
    if (this.#known.get(receipt.job_id) === undefined) this.#known.set(receipt.job_id, receipt);
  }

  /** One watch of the record, which all subscribers of this process share. It keeps its latest state itself. */
  #begin$(id: string, poll_url: string | undefined): Observable<JobState> {
    let latest: JobState | undefined;
    const forget = (): void => {
      if (this.#live.get(id) === live$) this.#live.delete(id);
    };
    const live$: Observable<JobState> = this.#watch$(id, poll_url).pipe(
      tap({
        next: (state) => {
          latest = state;
          this.#known.set(id, state);
        },
        error: forget,
        complete: forget,
      }),
      finalize(() => {
        forget();
        // Those of many other jobs may have taken its place meanwhile.
        if (latest) this.#known.set(id, latest);
        // What cannot be told to the server now is found out by it: the job ends, or `jobTimeout` comes.
        if (!this.#live.has(id)) this.#followers.leave(id).catch(() => undefined);
      }),
      share({ connector: () => new ReplaySubject(1) }),
    );
    this.#live.set(id, live$);
    return live$;
  }

  /** Listens first, then reads the record, then merges by `n`: nothing falls into the gap. */
  #watch$(id: string, poll_url: string | undefined): Observable<JobState> {
    const { events, closed$ } = this.#cluster;
    let newest = -1;
    let last: JobState | undefined;
    const told$ = events.of$(pollRecordId(id)).pipe(map((event) => newsOf(event, id)));
    const found$ = merge(
      of(true),
      interval(rereadGap).pipe(map(() => false)),
      events.look$(pollRecordId(id)).pipe(map(() => false)),
    ).pipe(
      concatMap((first) =>
        patiently(() =>
          first ? this.#enter(id, poll_url) : rereadPollRecord(this.#cluster, this.#followers, id, newest),
        ),
      ),
      catchError((error: unknown) => {
        throw engineError(error, { jobId: id });
      }),
      concatMap((news) => (news === undefined ? EMPTY : of(news))),
    );
    const ends$ = merge(
      closed$,
      longTimer$(this.#jobTimeout, asyncScheduler).pipe(map(() => jobTimeoutError(id, this.#jobTimeout))),
    ).pipe(map((error): PollNews => ({ n: Infinity, error })));
    return merge(ends$, told$, found$).pipe(
      // A song's end is never overtaken, whatever the clock says that numbered it.
      filter((news) => news.n > newest || ('state' in news && isTerminal(news.state))),
      map((news) => {
        newest = news.n;
        if ('error' in news) throw this.#about(id, news.error, last);
        return (last = news.state);
      }),
      takeWhile((state) => !isTerminal(state), true),
    );
  }

  async #enter(id: string, poll_url: string | undefined): Promise<PollNews | undefined> {
    await this.#followers.enter(id);
    return openPollRecord(this.#cluster, id, poll_url);
  }

  /** The error with the last state that this process has seen. */
  #about(jobId: string, error: WhisulError, last: JobState | undefined): WhisulError {
    const lastState = error.lastState ?? last ?? this.#known.get(jobId);
    const about = error.message.includes(jobId) ? '' : `Job ${jobId}: `;
    return retold(error, about + error.message, { jobId, lastState });
  }
}

/** No end was seen in time. */
export function jobTimeoutError(jobId: string, jobTimeout: number): WhisulError {
  return new WhisulError(
    'job_timeout',
    `Job ${jobId}: No end was seen within ${jobTimeout / 1000} s. Its outcome is not known; it may still be running.`,
    { jobId },
  );
}
