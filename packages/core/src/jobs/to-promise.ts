import { firstValueFrom, map, type Observable, takeUntil } from 'rxjs';
import { abort$ } from '../polling/abort.js';

/**
 * The first value of a stream as a promise. When the signal aborts, the stream is unsubscribed and the promise rejects
 * with what `onAbort` makes. No listener stays on the signal.
 */
export function toPromise<T>(
  source$: Observable<T>,
  signal: AbortSignal | undefined,
  onAbort: () => Error,
): Promise<T> {
  if (signal === undefined) return firstValueFrom(source$);
  const aborted$ = abort$(signal).pipe(
    map(() => {
      throw onAbort();
    }),
  );
  return firstValueFrom(source$.pipe(takeUntil(aborted$)));
}
