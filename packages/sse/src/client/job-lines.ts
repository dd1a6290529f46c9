import { isTerminal, type JobState, WhisulError } from '@whisul-rx/core';
import {
  asapScheduler,
  auditTime,
  catchError,
  concat,
  defer,
  EMPTY,
  merge,
  NEVER,
  Observable,
  Subject,
  type Subscriber,
  Subscription,
  switchMap,
  takeWhile,
  tap,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import { openStream$ } from './open-stream.js';
import type { StreamEvent } from './read-events.js';
import { createReconnect, type Reconnect } from './reconnect.js';
import { type StreamFailure, toFailure } from './stream-failure.js';

/** The jobs that one request asks for, and who wants to hear of each. Jobs that end are taken out. */
type Batch = Map<string, Subscriber<JobState>>;

/** One connection at a time, for some jobs. */
interface Line {
  readonly followers: Batch;
  readonly reconnect: Reconnect;
  readonly changed$: Subject<void>;
  /** Jobs that the gateway does not refuse on their own. */
  readonly accepted: Set<string>;
  subscription: Subscription;
}

/** Below the header limit of every proxy. */
const longestQuery = 4_096;

const waiting = (batch: Batch): Batch => new Map([...batch].filter(([, follower]) => !follower.closed));

const toQuery = (ids: Iterable<string>): string => Array.from(ids, (id) => `job=${encodeURIComponent(id)}`).join('&');

const isRefused = ({ again, error: { status = 0 } }: StreamFailure): boolean => !again && status >= 400 && status < 500;

/**
 * Follows jobs over few connections. Each subscription gets the states of its job as they come, repeats included;
 * a job must not be subscribed twice at a time.
 */
export function createJobLines(gateway: Gateway): (id: string) => Observable<JobState> {
  const lines = new Set<Line>();
  /** How it went for the line that closed last, so that coming and going does not shorten a wait. */
  let memory: Reconnect | undefined;

  const urlOf = (ids: string[]): string => {
    const url = new URL(gateway.url);
    if (gateway.options.multiplex === false)
      url.pathname = `${url.pathname.replace(/\/$/, '')}/${ids.map(encodeURIComponent).join()}`;
    else url.search += `${url.search === '' ? '?' : '&'}${toQuery(ids)}`;
    return url.href;
  };

  const release = (line: Line): void => {
    if (line.followers.size > 0) return;
    lines.delete(line);
    memory = line.reconnect;
    line.subscription.unsubscribe();
  };

  /** Takes an ended job out before it is told, so that its leaving is no reason to reconnect. */
  const settle = (line: Line, batch: Batch, id: string): Subscriber<JobState> | undefined => {
    const follower = batch.get(id);
    batch.delete(id);
    if (follower?.closed !== false) return undefined;
    line.followers.delete(id);
    return follower;
  };
  const failAll = (line: Line, batch: Batch, error: WhisulError): void => {
    for (const id of [...batch.keys()]) settle(line, batch, id)?.error(error);
  };

  const deliver = (line: Line, batch: Batch, event: StreamEvent, asked: string[]): void => {
    if (event.type === 'state' && !isTerminal(event.state)) {
      batch.get(event.id)?.next(event.state);
      return;
    }
    if (event.type === 'state') {
      const follower = settle(line, batch, event.id);
      follower?.next(event.state);
      follower?.complete();
    } else if (event.type === 'problem') {
      // Only one job: no need to say which.
      const [id = '', another] = event.id === undefined ? asked : [event.id];
      if (another === undefined) settle(line, batch, id)?.error(event.error);
    } else if (event.type === 'end') {
      failAll(
        line,
        batch,
        new WhisulError('invalid_response', 'The gateway ended the stream before this job had ended.'),
      );
    }
    release(line);
  };

  const connect = (line: Line, batch: Batch): Observable<StreamEvent> => {
    let asked: string[] = [];
    const stream$ = defer(() => {
      asked = [...waiting(batch).keys()];
      // All have left; the line is about to reopen without them.
      return asked.length === 0 ? NEVER : openStream$(gateway, { url: urlOf(asked) });
    });
    return line.reconnect.keepOpen$(stream$).pipe(
      tap((event) => {
        deliver(line, batch, event, asked);
      }),
      // eslint-disable-next-line rxjs-x/no-ignored-takewhile-value -- the batch knows whether it waits for more, not the event
      takeWhile(() => batch.size > 0),
      catchError((error: unknown) => giveUp(line, waiting(batch), toFailure(error))),
    );
  };

  const probe = (line: Line, id: string, follower: Subscriber<JobState>): Observable<StreamEvent> =>
    connect(line, new Map([[id, follower]])).pipe(
      tap(({ type }) => {
        if (type === 'open') line.accepted.add(id);
      }),
      takeWhile(({ type }) => type !== 'open'),
    );

  /** A request that is refused may be refused because of one of its jobs: each is tried alone, then the rest again. */
  const giveUp = (line: Line, batch: Batch, failure: StreamFailure): Observable<StreamEvent> => {
    if (batch.size < 2 || !isRefused(failure)) {
      failAll(line, batch, failure.error);
      release(line);
      return EMPTY;
    }
    const suspects = [...batch].filter(([id]) => !line.accepted.has(id));
    if (suspects.length === 0) {
      // None is refused on its own, so together they are too many.
      const half = [...batch].slice(batch.size / 2);
      for (const [id] of half) batch.delete(id);
      return merge(connect(line, batch), connect(line, new Map(half)));
    }
    return concat(
      ...suspects.map(([id, follower]) => probe(line, id, follower)),
      defer(() => (waiting(batch).size > 0 ? connect(line, waiting(batch)) : EMPTY)),
    );
  };

  const openLine = (): Line => {
    const line: Line = {
      followers: new Map(),
      reconnect: memory ?? createReconnect(gateway),
      changed$: new Subject(),
      accepted: new Set(),
      subscription: Subscription.EMPTY,
    };
    memory = undefined;
    line.subscription = line.changed$
      .pipe(
        auditTime(0, asapScheduler),
        switchMap(() => connect(line, new Map(line.followers))),
      )
      .subscribe();
    lines.add(line);
    return line;
  };

  const hasRoom = ({ followers }: Line, id: string): boolean =>
    followers.size < gateway.jobsPerStream &&
    toQuery([...followers.keys(), id]).length < longestQuery - gateway.url.search.length;

  return (id) =>
    new Observable((follower) => {
      const line = [...lines].find((candidate) => hasRoom(candidate, id)) ?? openLine();
      line.followers.set(id, follower);
      line.changed$.next();
      return () => {
        if (line.followers.get(id) !== follower) return;
        line.followers.delete(id);
        line.changed$.next();
        release(line);
      };
    });
}
