import { longTimer$, retryWait, WhisulError } from '@whisul-rx/core';
import {
  concat,
  defer,
  EMPTY,
  fromEvent,
  ignoreElements,
  NEVER,
  type Observable,
  of,
  race,
  retry,
  take,
  tap,
  throwError,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import type { StreamEvent } from './read-events.js';
import { StreamFailure } from './stream-failure.js';

/** What is known, from one connection to the next, of how they went. */
export interface Reconnect {
  /** Completes when a request may be sent. */
  readonly ready$: Observable<never>;
  /** Notes how a connection ended. @returns whether to try again, once {@link ready$} completes */
  failed(failure: StreamFailure): boolean;
  /** Opens `source$` again after each wait; errors with the {@link StreamFailure} that is final. */
  keepOpen$(source$: Observable<StreamEvent>): Observable<StreamEvent>;
}

// Node has no such event, and needs none.
const online$: Observable<unknown> = defer(() =>
  'addEventListener' in globalThis ? fromEvent(globalThis, 'online') : NEVER,
);

const cutOff$ = throwError(
  () => new StreamFailure(new WhisulError('network', 'The gateway ended the stream before its jobs had ended.'), true),
);

/** Waits and counts as law J7 of `docs/semantics.md` says, for one connection at a time. */
export function createReconnect(gateway: Gateway): Reconnect {
  const { policy, scheduler, random } = gateway;
  let failures = 0;
  let healthy = false;
  /** The `retry:` of the gateway, in ms. */
  let floor = 0;
  let notBefore = -Infinity;

  const until = (moment: number): Observable<unknown> => {
    const left = moment - scheduler.now();
    return left > 0 ? longTimer$(left, scheduler) : EMPTY;
  };
  const ready$ = concat(
    defer(() => race(until(notBefore), online$).pipe(take(1))),
    // Being online again ends a wait that only this side wants; what the gateway asked for is never undercut.
    defer(() => until(gateway.closedUntil)),
  ).pipe(ignoreElements());

  const failed = ({ error, again }: StreamFailure): boolean => {
    // A connection that worked starts the count anew, except one whose events cannot be held: it would go on for ever.
    const served = healthy && error.code !== 'invalid_response';
    const { retryAfter = 0 } = error;
    healthy = false;
    failures = served ? 1 : failures + 1;
    if (!again || (!served && failures >= policy.maxFailures) || retryAfter > policy.maxRetryAfter) {
      failures = 0;
      return false;
    }
    const now = scheduler.now();
    notBefore = now + retryWait(policy, failures, random(), Math.max(retryAfter, floor));
    gateway.closedUntil = Math.max(gateway.closedUntil, now + retryAfter);
    return true;
  };

  const hear = (event: StreamEvent): void => {
    if (event.type === 'retry') floor = Math.min(event.ms, policy.maxRetryAfter);
    else if (event.type !== 'open' && event.type !== 'heartbeat') healthy = true;
  };
  return {
    ready$,
    failed,
    keepOpen$: (source$) =>
      concat(ready$, source$, cutOff$).pipe(
        tap(hear),
        retry({
          delay: (error: unknown) =>
            error instanceof StreamFailure && failed(error) ? of(0) : throwError(() => error),
        }),
      ),
  };
}
