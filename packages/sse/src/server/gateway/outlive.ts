import { merge, Observable, Subject, Subscription, take, type MonoTypeOperatorFunction } from 'rxjs';
import { leaveSource } from '../feeds/leave-source.js';

/**
 * Keeps a source subscribed until its first value is there (or its error, or end), also when the subscriber leaves
 * before: that value tells of a job that is paid for.
 *
 * @param begin - is called when it is subscribed; what it returns, when the first value is there or given up
 * @param giveUp$ - nobody waits for a first value after this
 */
export function outlive<T>(begin: () => () => void, giveUp$: Observable<unknown>): MonoTypeOperatorFunction<T> {
  return (source$) =>
    // A boundary: what no operator does is to go on without a subscriber.
    new Observable<T>((subscriber) => {
      const values$ = new Subject<T>();
      const upstream = new Subscription();
      const settle = begin();
      let isAwaited = true;
      const onSettled = (): void => {
        if (!isAwaited) return;
        isAwaited = false;
        settle();
        if (subscriber.closed) leaveSource(upstream);
      };
      values$.subscribe(subscriber);
      merge(values$, giveUp$).pipe(take(1)).subscribe({ next: onSettled, error: onSettled });
      upstream.add(
        source$.subscribe({
          next: (value) => {
            values$.next(value);
          },
          error: (error: unknown) => {
            values$.error(error);
          },
          complete: () => {
            values$.complete();
          },
        }),
      );
      return () => {
        if (!isAwaited) leaveSource(upstream);
      };
    });
}
