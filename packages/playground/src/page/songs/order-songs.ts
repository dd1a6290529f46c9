import { batch$, type BatchEvent, batchProgress, type JobEngine } from '@whisul-rx/core';
import { catchError, concat, connect, from, map, merge, Observable, of, switchMap } from 'rxjs';
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
    ),
    of<Change>({ type: 'progress', batch, progress: null }),
  );
}

/** Sends the orders, so many at once. The batch takes one when it is about to send it, which is news, too. */
function sendOrders$(engine: JobEngine, orders: readonly Order[], atOnce: number): Observable<Change> {
  return new Observable((subscriber) => {
    function* hand(): Generator<Order> {
      for (const order of orders) {
        subscriber.next({ type: 'sending', key: order.key });
        yield order;
      }
    }
    return batch$(engine, hand(), { concurrency: atOnce })
      .pipe(connect((events$) => merge(events$.pipe(map(toChange)), batchNews$(events$, orders))))
      .subscribe(subscriber);
  });
}

/**
 * Orders songs and follows each to its end. If the server cannot be reached, nothing is sent and nothing is paid.
 *
 * @param atOnce - songs that are made at the same time
 * @param reach$ - emits once if the server answers, errors if it does not
 */
export function orderSongs$(
  engine: JobEngine,
  orders: readonly Order[],
  { atOnce, reach$ }: { atOnce: number; reach$: Observable<unknown> },
): Observable<Change> {
  const problem = 'The server cannot be reached. This prompt was not sent.';
  const unsent = orders.map(({ key }): Change => ({ type: 'problem', key, problem }));
  return concat(
    of<Change>({ type: 'ordered', orders }),
    reach$.pipe(
      map(() => true),
      catchError(() => of(false)),
      switchMap((reached) => (reached ? sendOrders$(engine, orders, atOnce) : from(unsent))),
    ),
  );
}
