import { map, type MonoTypeOperatorFunction, type Observable, takeUntil } from 'rxjs';

/** Ends a stream with the error that `error` makes of the first value of `notifier$`. */
export function failWhen<T, N>(notifier$: Observable<N>, error: (value: N) => Error): MonoTypeOperatorFunction<T> {
  return takeUntil(
    notifier$.pipe(
      map((value) => {
        throw error(value);
      }),
    ),
  );
}
