import { catchError, defer, type Observable, switchMap, throwError } from 'rxjs';
import { isWhisulError } from '../model/whisul-error.js';
import { within } from '../polling/within.js';
import { callError } from './answer-error.js';
import type { Api, ApiCall } from './api.js';
import { lateKeyError } from './api-key.js';
import { exchange$ } from './exchange.js';

/**
 * One request for each subscription: emits what `call.read` makes of the answer and completes, or errors with a
 * `WhisulError`. Unsubscribing takes the request back, or aborts it.
 *
 * The key comes before the lane: a call that the lane starts must leave at that moment, or the budget and the gate
 * would count one thing and the API see another.
 */
export function request$<T>(api: Api, call: ApiCall<T>): Observable<T> {
  const { apiKey, lane, requestTimeout, scheduler } = api;
  const kind = call.method === 'POST' ? 'submit' : 'read';
  const withKey$ = (key: string) => lane.run$(kind, (turn) => exchange$(api, call, key, turn));
  if (typeof apiKey === 'string') return withKey$(apiKey);
  return defer(apiKey).pipe(
    within(requestTimeout, scheduler, lateKeyError),
    catchError((error: unknown) =>
      throwError(() => (isWhisulError(error) ? callError(call, error.code, error.message) : error)),
    ),
    switchMap(withKey$),
  );
}
