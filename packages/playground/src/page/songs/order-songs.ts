import { batch$, type BatchEvent, batchProgress, isTerminal, type JobEngine } from '@whisul-rx/core';
import {
  asyncScheduler,
  catchError,
  concat,
  connect,
  EMPTY,
  from,
  map,
  merge,
  Observable,
  of,
  type SchedulerLike,
  switchMap,
  tap,
  timeout,
} from 'rxjs';
import type { Change, Order } from './change.js';
import { explainProblem } from './explain-problem.js';

function toChange(event: BatchEvent): Change {
  return event.type === 'state'
    ? { type: 'state', key: event.key, job: event.job }
    : { type: 'problem', key: event.key, problem: explainProblem(event.error) };
}

function batchNews$(events$: Observable<BatchEvent>, orders: readonly Order[]): Observable<Change> {
  const [{ key: batch } = { key: '' }] = orders;
  return concat(
    events$.pipe(
      batchProgress({ total: orders.length }),
      map((progress): Change => ({ type: 'progress', batch, progress })),
      // Why a batch ended is told to each of its songs.
      catchError(() => EMPTY),
    ),
    of<Change>({ type: 'progress', batch, progress: null }),
  );
}

/**
 * Sends the orders, so many at once. The batch takes one when it is about to send it, which is news, too. A batch that
 * is refused as a whole, as with a key that is not valid, ends each song that has not ended.
 */
function sendOrders$(engine: JobEngine, orders: readonly Order[], atOnce: number): Observable<Change> {
  return new Observable((subscriber) => {
    const unfinished = new Set(orders.map(({ key }) => key));
    const unsent = new Set(unfinished);
    function* hand(): Generator<Order> {
      for (const order of orders) {
        unsent.delete(order.key);
        subscriber.next({ type: 'sending', key: order.key });
        yield order;
      }
    }
    const refused = (error: unknown): Observable<Change> => {
      const why = explainProblem(error);
      const problem = (key: string): string => (unsent.has(key) ? `${why} This prompt was not sent.` : why);
      return from([...unfinished].map((key): Change => ({ type: 'problem', key, problem: problem(key) })));
    };
    const events$ = batch$(engine, hand(), { concurrency: atOnce }).pipe(
      tap((event) => {
        if (event.type === 'problem' || isTerminal(event.job)) unfinished.delete(event.key);
      }),
    );
    return events$
      .pipe(connect((shared$) => merge(shared$.pipe(map(toChange), catchError(refused)), batchNews$(shared$, orders))))
      .subscribe(subscriber);
  });
}

/** How long the server may take to say that it is there, in ms. */
const patience = 10_000;

/**
 * Orders songs and follows each to its end. If the server cannot be reached, nothing is sent and nothing is paid.
 *
 * @param atOnce - songs that are made at the same time
 * @param reach$ - emits once if the server answers, errors if it does not
 */
export function orderSongs$(
  engine: JobEngine,
  orders: readonly Order[],
  {
    atOnce,
    reach$,
    scheduler = asyncScheduler,
  }: { atOnce: number; reach$: Observable<unknown>; scheduler?: SchedulerLike },
): Observable<Change> {
  const problem = 'The server cannot be reached. This prompt was not sent.';
  const unsent = orders.map(({ key }): Change => ({ type: 'problem', key, problem }));
  return concat(
    of<Change>({ type: 'ordered', orders }),
    reach$.pipe(
      timeout({ first: patience, scheduler }),
      map(() => true),
      catchError(() => of(false)),
      switchMap((reached) => (reached ? sendOrders$(engine, orders, atOnce) : from(unsent))),
    ),
  );
}
