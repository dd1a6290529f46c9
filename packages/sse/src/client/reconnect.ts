import { longTimer$, retryWait } from '@whisul-rx/core/adapter';
import {
  concat,
  defer,
  EMPTY,
  fromEvent,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  of,
  retry,
  type SchedulerLike,
  switchMap,
  takeUntil,
  tap,
} from 'rxjs';
import type { Gateway } from './gateway.js';
import type { StreamEvent } from './read-events.js';
import { type StreamFailure, toFailure } from './stream-failure.js';

// Node has no such event, and needs none.
const online$: Observable<unknown> = defer(() =>
  typeof globalThis.addEventListener === 'function' ? fromEvent(globalThis, 'online') : NEVER,
);

/** Completes at a moment of the scheduler's clock; when that is put off meanwhile, at the later one. */
export function until$(scheduler: SchedulerLike, moment: () => number): Observable<never> {
  return defer(() => {
    const at = moment();
    const left = at - scheduler.now();
    if (left <= 0) return EMPTY;
    // What has not changed is waited for once, however the clock was set meanwhile.
    return longTimer$(left, scheduler).pipe(switchMap(() => (moment() === at ? EMPTY : until$(scheduler, moment))));
  });
}

/**
 * An operator for one connection at a time: opens its stream again, and waits and counts as guarantee J7 of
 * `docs/reference/guarantees.md` says, also from one subscription to the next. Errors with the {@link StreamFailure} that is final.
 */
export function createReconnect(
  gateway: Gateway,
  maxFailures = gateway.policy.maxFailures,
): MonoTypeOperatorFunction<StreamEvent> {
  const { policy, scheduler, random } = gateway;
  let failures = 0;
  let healthy = false;
  /** The `retry:` of the gateway, in ms. */
  let floor = 0;
  let notBefore = -Infinity;

  const ready$ = concat(
    until$(scheduler, () => notBefore).pipe(takeUntil(online$)),
    // Being online again ends a wait that only this side wants; what the gateway asked for is never undercut.
    until$(scheduler, () => gateway.closedUntil),
  );

  /** @returns whether to try again; after a final failure a new subscription waits, too */
  const goesOn = ({ error, again }: StreamFailure): boolean => {
    // A connection that worked starts the count anew, except one whose events cannot be held: it would go on for ever.
    const served = healthy && error.code !== 'invalid_response';
    const { retryAfter = 0 } = error;
    healthy = false;
    failures = served ? 1 : failures + 1;
    const goes = again && (served || failures < maxFailures) && retryAfter <= policy.maxRetryAfter;
    if (!goes) failures = 0;
    const now = scheduler.now();
    const asked = Math.min(retryAfter, policy.maxRetryAfter);
    notBefore = now + retryWait(policy, failures, random, Math.max(asked, floor));
    gateway.closedUntil = Math.max(gateway.closedUntil, now + asked);
    return goes;
  };

  return (source$) =>
    concat(ready$, source$).pipe(
      tap((event) => {
        if (event.type === 'retry') floor = Math.min(event.ms, policy.maxRetryAfter);
        else if (event.type !== 'open') healthy = true;
      }),
      retry({
        delay: (error: unknown) => {
          const failure = toFailure(error);
          if (goesOn(failure)) return of(0);
          throw failure;
        },
      }),
    );
}
