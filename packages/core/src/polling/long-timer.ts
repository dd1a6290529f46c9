import { NEVER, type Observable, type SchedulerLike, switchMap, timer } from 'rxjs';

/** The longest wait a platform timer can hold; a longer one would fire at once. */
export const longest = 2 ** 31 - 1;

/**
 * RxJS `timer` for any wait: one over 2^31-1 ms is made of several instead of overflowing into none.
 *
 * @param ms - how long to wait, in ms; `Infinity` never emits
 * @returns emits 0 once and completes; unsubscribing clears the timer
 * @example
 * ```ts
 * import { longTimer$ } from '@whisul-rx/core/adapter';
 * import { asyncScheduler } from 'rxjs';
 *
 * const inSixtyDays$ = longTimer$(60 * 86_400_000, asyncScheduler);
 * ```
 */
export function longTimer$(ms: number, scheduler: SchedulerLike): Observable<0> {
  if (ms === Infinity) return NEVER;
  if (ms <= longest) return timer(ms, scheduler);
  return timer(longest, scheduler).pipe(switchMap(() => longTimer$(ms - longest, scheduler)));
}
