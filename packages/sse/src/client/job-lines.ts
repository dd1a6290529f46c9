import { isTerminal, type JobState } from '@whisul-rx/core';
import {
  catchError,
  concat,
  debounce,
  defer,
  EMPTY,
  merge,
  Observable,
  of,
  Subject,
  type Subscriber,
  switchMap,
  take,
  takeWhile,
  tap,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import { openStream$ } from './open-stream.js';
import type { StreamEvent } from './read-events.js';
import { createReconnect } from './reconnect.js';
import { type StreamFailure, toFailure } from './stream-failure.js';

/** The jobs that one request asks for, and who wants to hear of each. Jobs that end are taken out. */
type Batch = Map<string, Subscriber<JobState>>;

/** One connection at a time, for some jobs; while there are none, it is only a memory of how the last one went. */
interface Line {
  readonly followers: Batch;
  /** Followers came or went. */
  readonly changed$: Subject<void>;
}

/** Below the header limit of every proxy. */
const longestQuery = 4_096;

const toQuery = (ids: Iterable<string>): string => Array.from(ids, (id) => `job=${encodeURIComponent(id)}`).join('&');

const isRefused = ({ again, error: { status = 0 } }: StreamFailure): boolean => !again && status >= 400;

/**
 * Follows jobs over few connections. Each subscription gets the states of its job as they come, repeats included;
 * a job must not be subscribed twice at a time.
 */
export function createJobLines(gateway: Gateway): (id: string) => Observable<JobState> {
  const lines: Line[] = [];
  /** Those whose job was not refused when it was asked for alone. */
  const proven = new WeakSet<Subscriber<JobState>>();

  const urlOf = (ids: string[]): string => {
    const url = new URL(gateway.url);
    if (gateway.options.multiplex === false)
      url.pathname = `${url.pathname.replace(/\/$/, '')}/${ids.map(encodeURIComponent).join()}`;
    else url.search += `${url.search ? '&' : '?'}${toQuery(ids)}`;
    return url.href;
  };

  /** Takes an ended job out before it is told, so that its leaving is no reason to reconnect. */
  const settle = (line: Line, batch: Batch, id: string): Subscriber<JobState> | undefined => {
    const follower = batch.get(id);
    batch.delete(id);
    if (follower?.closed !== false) return undefined;
    line.followers.delete(id);
    if (line.followers.size === 0) line.changed$.next();
    return follower;
  };

  const deliver = (line: Line, batch: Batch, event: StreamEvent, asked: string[]): void => {
    if (event.type === 'state') {
      const { job_id } = event.state;
      const follower = isTerminal(event.state) ? settle(line, batch, job_id) : batch.get(job_id);
      follower?.next(event.state);
    } else if (event.type === 'problem') {
      const { jobId } = event.error;
      // Only one job: no need to say which.
      const [id = '', another] = jobId === undefined ? asked : [jobId];
      if (another === undefined) settle(line, batch, id)?.error(event.error);
    }
  };

  const connect = (line: Line, batch: Batch, reconnect = createReconnect(gateway)): Observable<StreamEvent> => {
    let asked: string[] = [];
    const stream$ = defer(() => {
      asked = [...batch.keys()];
      return openStream$(gateway, { url: urlOf(asked) });
    });
    return stream$.pipe(
      reconnect,
      tap((event) => {
        deliver(line, batch, event, asked);
      }),
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- the batch knows whether it waits for more, not the event
      takeWhile(() => batch.size > 0),
      catchError((error: unknown) => giveUp(line, batch, toFailure(error))),
    );
  };

  /** Asks for a job alone, once; whatever else may go wrong with it, the others need not wait for that. */
  const probe = (line: Line, batch: Batch, id: string, follower: Subscriber<JobState>): Observable<StreamEvent> =>
    openStream$(gateway, { url: urlOf([id]) }).pipe(
      createReconnect(gateway, 1),
      take(1),
      catchError((error: unknown) => {
        const failure = toFailure(error);
        if (isRefused(failure)) settle(line, batch, id)?.error(failure.error);
        return EMPTY;
      }),
      tap({ complete: () => proven.add(follower) }),
    );

  /** A request that is refused may be refused because of one of its jobs: each is tried alone, then the rest again. */
  const giveUp = (line: Line, batch: Batch, failure: StreamFailure): Observable<StreamEvent> => {
    if (batch.size < 2 || !isRefused(failure)) {
      for (const id of batch.keys()) settle(line, batch, id)?.error(failure.error);
      return EMPTY;
    }
    const suspects = [...batch].filter(([, follower]) => !proven.has(follower));
    if (suspects.length > 0) {
      return concat(...suspects.map(([id, follower]) => probe(line, batch, id, follower)), connect(line, batch));
    }
    // None is refused on its own, so together they are too many.
    const half = new Map([...batch].slice(batch.size / 2));
    for (const id of half.keys()) batch.delete(id);
    return merge(connect(line, batch), connect(line, half));
  };

  const openLine = (): Line => {
    const followers: Batch = new Map();
    const changed$ = new Subject<void>();
    const line = { followers, changed$ };
    const reconnect = createReconnect(gateway);
    changed$
      .pipe(
        // Those who come together are gathered; when the last one has left, it is over at once.
        debounce(() => (followers.size ? Promise.resolve() : of(0))),
        switchMap(() => (followers.size ? connect(line, new Map(followers), reconnect) : EMPTY)),
      )
      .subscribe();
    lines.push(line);
    return line;
  };

  const hasRoom = ({ followers }: Line, id: string): boolean =>
    followers.size < gateway.jobsPerStream &&
    toQuery([...followers.keys(), id]).length < longestQuery - gateway.url.search.length;

  return (id) =>
    new Observable((follower) => {
      const { followers, changed$ } = lines.find((line) => hasRoom(line, id)) ?? openLine();
      followers.set(id, follower);
      changed$.next();
      return () => {
        if (followers.get(id) !== follower) return;
        followers.delete(id);
        changed$.next();
      };
    });
}
