import { map, type MonoTypeOperatorFunction, type SchedulerLike, takeUntil } from 'rxjs';
import { longTimer$ } from './long-timer.js';

/** Ends a stream that takes longer than `ms` with the error that `late` makes; what comes later is refused. */
export function within<T>(ms: number, scheduler: SchedulerLike, late: () => Error): MonoTypeOperatorFunction<T> {
  return takeUntil(
    longTimer$(ms, scheduler).pipe(
      map(() => {
        throw late();
      }),
    ),
  );
}
