import { firstValueFrom, fromEvent, map, type Observable, takeUntil } from 'rxjs';

/**
 * The first value of a stream as a promise. When the signal aborts, the stream is unsubscribed and the promise rejects
 * with what `onAbort` makes; no listener stays on the signal.
 */
export function toPromise<T>(
  source$: Observable<T>,
  signal: AbortSignal | undefined,
  onAbort: () => Error,
): Promise<T> {
  if (signal === undefined) return firstValueFrom(source$);
  if (signal.aborted) return Promise.reject(onAbort());
  const aborted$ = fromEvent(signal, 'abort').pipe(
    map(() => {
      throw onAbort();
    }),
  );
  return firstValueFrom(source$.pipe(takeUntil(aborted$)));
}
