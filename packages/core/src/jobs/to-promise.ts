import { firstValueFrom, type Observable } from 'rxjs';
import { abort$ } from '../polling/abort.js';
import { failWhen } from '../polling/fail-when.js';

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
  return firstValueFrom(source$.pipe(failWhen(abort$(signal), onAbort)));
}
