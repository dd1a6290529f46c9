import { Observable } from 'rxjs';
import { type Api, type ApiCall, PendingRequest } from './pending-request.js';

/**
 * One request through the lane: emits what its call reads from the answer and completes, or errors with a
 * `WhisulError`. Unsubscribing takes it out of the lane, or aborts it. `new Observable`, for below it is the socket.
 */
export function request$<T>(api: Api, call: ApiCall<T>): Observable<T> {
  return new Observable((subscriber) => {
    const pending = new PendingRequest(api, call, subscriber);
    pending.begin();
    return () => {
      pending.withdraw();
    };
  });
}
